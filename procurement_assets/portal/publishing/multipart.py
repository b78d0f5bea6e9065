"""The body of an upload, read while it is sent: a file of any size costs a few buffers.

`requests` alone builds the whole form in memory, and gives it at once to the socket, which refuses 2 GB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from requests_toolbelt import MultipartEncoder

from procurement_assets.portal.publishing.http import PortalError

MEDIA_TYPE = "application/octet-stream"


class Part:
    """A file of a form: its bytes and how many there are (the encoder asks for `len` and `read`)."""

    def __init__(self, name: str, handle: BinaryIO, size: int) -> None:
        """`name`: for the message of an error; `handle`: at the first byte; `size`: bytes to send."""
        self._name, self._handle, self._size = name, handle, size
        self.len = size
        """Bytes that are left."""

    def read(self, size: int = -1) -> bytes:
        """Bytes, at most `size`. Raises `PortalError` where the file ends too soon: the request could not end."""
        wanted = self.len if size < 0 else min(size, self.len)
        data = self._handle.read(wanted)
        if wanted and not data:
            raise PortalError(f"{self._name} : {self._size - self.len} octets lus au lieu de {self._size} ; relancer")
        self.len -= len(data)
        return data


def form(
    handle: BinaryIO, size: int, *, name: str, media_type: str = MEDIA_TYPE, fields: Mapping[str, str] | None = None
) -> MultipartEncoder:
    """A form with the file under the name `file`, after `fields`. `name`: the one that the portal sees; `size`: of the
    bytes of `handle`, which is at its start. Made anew for each attempt."""
    return MultipartEncoder({**(fields or {}), "file": (name, Part(name, handle, size), media_type)})
