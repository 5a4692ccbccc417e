"""The shapes of arrays: which stand for one another, and axes that are left out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from xent.errors import Location
from xent.inputs.batch import Block, Origin
from xent.inputs.formats.array import Array


def is_list(shape: Sequence[int]) -> bool:
    """Return whether a shape is that of a list, or of a column or row that stands for one."""
    return len(shape) < 2 or (len(shape) == 2 and 1 in shape)


def alike(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether two shapes agree; an unknown length may be any from 2 on."""
    return len(shape) == len(other) and all(
        one == two or (-1 in (one, two) and max(one, two) != 1)
        for one, two in zip(shape, other, strict=True)
    )


def format_shape(shape: Iterable[int]) -> str:
    """Format a shape as NumPy does, with N for a length that is not known yet."""
    lengths = ["N" if length < 0 else str(length) for length in shape]
    return f"({lengths[0]},)" if len(lengths) == 1 else f"({', '.join(lengths)})"


def without_unit_axes(array: Array) -> Array:
    """Return an array without its axes of length 1."""
    kept = [axis for axis, length in enumerate(array.shape) if length != 1]

    def origin(block: Block) -> Origin:
        return _Squeezed(block.origin, tuple(kept), len(array.shape))

    def read(leading: int) -> Iterator[Block]:
        # The axes before the next one that is kept, or all of them.
        counted = [*kept, len(array.shape)][leading]
        shape = [array.shape[axis] for axis in kept[leading:]]
        for block in array.read(max(counted, 1)):
            values = block.values.reshape(len(block), *shape)
            yield replace(block, values=values, origin=origin(block))

    shape = tuple(array.shape[axis] for axis in kept)
    return replace(array, shape=shape, read=read)


@dataclass(frozen=True, slots=True)
class _Squeezed:
    """The origin of an array without some of its axes, whose length is 1."""

    origin: Origin
    kept: tuple[int, ...]
    axes: int

    def locate(self, *index: int) -> Location:
        """Locate a value where it stands among all axes."""
        whole = [0] * self.axes
        for axis, at in zip(self.kept, index, strict=False):
            whole[axis] = at
        return self.origin.locate(*whole)
