"""One stream of pieces for several readers."""

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

Piece = TypeVar("Piece")


def branches(pieces: Iterator[Piece], number: int) -> list[Iterator[Piece]]:
    """As many iterators over the same pieces.

    Where they are taken in step no more than a piece waits. `itertools.tee` would let go of 57
    pieces at a time, whatever their size.
    """
    waiting: list[deque[Piece]] = [deque() for _ in range(number)]

    def taken(own: deque[Piece]) -> Iterator[Piece]:
        while True:
            if not own:
                piece = next(pieces, None)
                if piece is None:
                    return
                for each in waiting:
                    each.append(piece)
                del piece
            yield own.popleft()

    return [taken(own) for own in waiting]
