"""Which of many numbered things are alike, where nearly all are alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def alike(count: int, key: Callable[[int], Hashable]) -> list[list[int]]:
    """The numbers below `count` that share a key, two or more together; None is no key.

    Hashes tell which may not be alone, and only the keys of these are held.
    """
    once: set[int] = set()
    again: set[int] = set()
    for i in range(count):
        if (found := key(i)) is not None:
            (again if (hashed := hash(found)) in once else once).add(hashed)
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for i in range(count) if again else ():
        if (found := key(i)) is not None and hash(found) in again:
            groups[found].append(i)
    return [group for group in groups.values() if len(group) > 1]


def split(groups: Iterable[list[int]], fact: Callable[[int], T]) -> Iterator[list[int]]:
    """The parts of each group that agree on a fact that is not empty, those of two or more."""
    for group in groups:
        parts: dict[T, list[int]] = defaultdict(list)
        for i in group:
            if found := fact(i):
                parts[found].append(i)
        yield from (part for part in parts.values() if len(part) > 1)
