"""Sequences whose logits at one position are to predict the target at the next."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xent.inputs.arrangement import Arrangement, Blocks
from xent.inputs.batch import Block
from xent.losses.layout import Layout


def shifted(arrangement: Arrangement) -> Arrangement:
    """The logits without each sequence's last position, the targets without its first.

    The positions of a sequence are the last axis beside the classes' own; the rows of a matrix
    are one sequence.
    """
    layout = arrangement.layout
    return replace(
        arrangement,
        logits=without_last(arrangement.logits, layout),
        targets=without_first(arrangement.targets, layout),
    )


def without_first(blocks: Blocks, layout: Layout) -> Blocks:
    """The rows but for the first position of each sequence."""
    places = layout.targets_shape
    if len(places) > 1:
        yield from _others(blocks, places[-1], 0)
        return
    left_out = 1
    for block in blocks:
        yield block.part(left_out, len(block))
        left_out = 0


def without_last(blocks: Blocks, layout: Layout) -> Blocks:
    """The rows but for the last position of each sequence."""
    places = layout.targets_shape
    if len(places) > 1:
        yield from _others(blocks, places[-1], places[-1] - 1)
        return
    held = next(blocks)
    for block in blocks:
        yield held
        held = block
    yield held.part(0, len(held) - 1)


def _others(blocks: Blocks, length: int, position: int) -> Iterator[Block]:
    """Sequences of some length without one of their positions."""
    for block in blocks:
        places = (block.start + np.arange(len(block))) % length
        yield block.taken(np.flatnonzero(places != position))
