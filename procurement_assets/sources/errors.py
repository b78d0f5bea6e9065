"""What can go wrong between a public source and the lake.

`str(error)` is for the engineer (English, in logs and in failed runs); `reason` is the French sentence that the
manifest keeps and that the City's readers see in the ledger.
"""

# Names say what happened, as the project's other modules read them.
# ruff: noqa: N818

from __future__ import annotations


class HttpError(Exception):
    """A request was given up."""

    def __init__(self, url: str, detail: str, reason: str) -> None:
        super().__init__(f"{url}: {detail}")
        self.url = url
        self.detail = detail
        self.reason = reason


class Unreachable(HttpError):
    """The network or the server failed at every attempt: says nothing about the file."""


class NotFound(HttpError):
    """404 or 410: the server says that there is no such file."""


class NotData(HttpError):
    """A page or an error text was served in place of the data, at every attempt."""


class TooLarge(HttpError):
    """More bytes than `PROCUREMENT_MAX_DOWNLOAD_MB` allows."""


class Refused(HttpError):
    """The answer is final and cannot be used: access refused, forbidden redirection, unexpected status."""


class Transient(Exception):
    """One attempt failed in a way that another may not. Never leaves `http.HttpClient`."""

    def __init__(
        self,
        detail: str,
        reason: str,
        *,
        retry_after: float | None = None,
        page: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason
        self.retry_after = retry_after
        """Seconds that the server asks for."""
        self.page = page
        """A page stood in place of the data."""
        self.silent = silent
        """Nothing answered at all."""


class SourceUnavailable(Exception):
    """A source cannot be refreshed and nothing stands in for it; its last manifest is left as it was."""


class SourceEmptied(SourceUnavailable):
    """A source that offered files now lists none: taken for a fault of the listing, not for a deletion."""


class RawCorrupted(Exception):
    """Bytes of the content-addressed store are not those that their name says."""


class ReferenceUnavailable(Exception):
    """A pinned reference file can neither be read from the lake nor fetched."""


class ReferenceChanged(Exception):
    """A pinned reference file was fetched and its bytes are not the pinned ones: refused, not cached."""
