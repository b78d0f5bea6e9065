"""What is wrong with the rules, told to the person who wrote them. Apart, so that a command knows it at no cost."""

from __future__ import annotations


class CatalogueError(ValueError):
    """The catalogue cannot be used; the message is one line: file, line, rule, reason."""
