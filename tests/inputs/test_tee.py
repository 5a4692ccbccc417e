"""One stream for several readers: each gets all of it, and nothing waits longer than it must."""

from weakref import WeakSet

from hypothesis import given
from hypothesis import strategies as st

from xent.inputs.formats.array import tee


class Piece:
    """Something that can be watched."""


@given(st.integers(0, 9), st.lists(st.integers(0, 2), max_size=40))
def test_each_reader_gets_all_at_its_own_pace(length: int, turns: list[int]) -> None:
    readers = tee(iter(range(length)), 3)
    taken: list[list[int]] = [[], [], []]
    for turn in turns:
        taken[turn] += [piece for piece in [next(readers[turn], None)] if piece is not None]
    assert [[*had, *rest] for had, rest in zip(taken, readers, strict=True)] == [
        [*range(length)]
    ] * 3


def test_a_piece_that_all_have_had_is_let_go() -> None:
    alive: WeakSet[Piece] = WeakSet()
    most = 0

    def made() -> Piece:
        piece = Piece()
        alive.add(piece)
        return piece

    for _ in zip(*tee((made() for _ in range(200)), 2), strict=True):
        most = max(most, len(alive))
    assert most <= 3
