"""What can be wrong with a register, in French: the message stands in checks and in the table `registres`."""

from __future__ import annotations


class RegisterDamagedError(ValueError):
    """A file was received and is not the register that it should be; the last good one stays."""


class RegisterUnavailableError(RuntimeError):
    """A register that was never held cannot be had: rules that need it do not apply."""
