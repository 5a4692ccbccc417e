"""The arrays that an argument of the command line leads to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError
from xent.inputs.batch import Block
from xent.inputs.formats import FORMATS
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import listed_names
from xent.inputs.formats.dialect import Dialect
from xent.inputs.formats.sniff import format_of
from xent.inputs.read_options import DETECT, ReadOptions
from xent.inputs.shapes import format_shape, is_list
from xent.inputs.sources.source import ByteRange, Source

_BOTH = ("logits", "targets")


@dataclass(frozen=True, slots=True, eq=False)
class NamedArrays:
    """The arrays of a source.

    Attributes:
        source: The source.
        format: Its format, a key of `FORMATS`.
        arrays: Its arrays by name, or one without a name.
    """

    source: Source
    format: str
    arrays: dict[str, Array]

    @property
    def name(self) -> str:
        """Return the name of the source in messages."""
        return self.source.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the names of the classes, where the logits are here and tell them."""
        logits = self.arrays.get("logits", self.arrays.get(""))
        return logits.class_names if logits else ()

    @property
    def class_count(self) -> int | None:
        """Return the number of classes, where the logits are here and are a matrix."""
        logits = self.arrays.get("logits", self.arrays.get(""))
        return logits.shape[-1] if logits and len(logits.shape) > 1 else None

    @property
    def dialect(self) -> Dialect | None:
        """Return how the source is written, where it is a text table."""
        return next((array.dialect for array in self.arrays.values()), None)

    @property
    def is_table_of_records(self) -> bool:
        """Return whether its columns have roles that no dialect could carry into a chunk."""
        return self.dialect is None and bool(self.class_names)

    @classmethod
    def of(
        cls, argument: str | ByteRange, roles: Sequence[str] | None, options: ReadOptions = DETECT
    ) -> "NamedArrays":
        """Open a path, `-`, inline numbers, or a range of a file.

        Args:
            argument: The argument.
            roles: The arrays that will be asked for; the first names inline numbers. None for all
                that an archive holds, and for both of any other source.
            options: How it is to be read.

        Raises:
            InputError: It cannot be read, or the user names an array where none has a name.
        """
        source, name = open_source(argument, "numbers" if roles is None else roles[0], options)
        if roles is None:
            keys = (source.options.logits_key, source.options.targets_key)
            roles = () if FORMATS[name].is_archive and not any(keys) else _BOTH
        source = replace(source, roles=tuple(roles))
        with memory_errors(source.name):
            arrays = FORMATS[name].load()(source)
        for role, key in source.sought.items():
            if key is not None and role not in arrays:
                raise InputError(
                    Code.BAD_SETTING,
                    f"{source.name} holds one array without a name: there is no {key!r}",
                    hint=f"omit --{role}-key",
                )
        return cls(source, name, {role: _guarded(array) for role, array in arrays.items()})

    def array(self, role: str) -> Array:
        """Return the array that has the name of its role, or the one without a name.

        Raises:
            InputError: There is no such array, or it is empty.
        """
        found = self.arrays.get(role, self.arrays.get(""))
        if found is None:
            raise self._missing(role)
        if 0 in found.shape:
            raise InputError(Code.EMPTY_INPUT, f"there are no {role} in {self.name}")
        return found

    def _missing(self, role: str) -> InputError:
        other = next(iter(self.arrays))
        message = f"{self.name} holds {other}, but no {role}"
        names = self.arrays[other].others
        if not names:
            return InputError(Code.MISSING_ARRAY, message)
        return InputError(
            Code.MISSING_ARRAY,
            f"{message}; the other names here are {listed_names(names)}",
            hint=f"choose one with --{role}-key NAME",
        )


@contextmanager
def memory_errors(name: str) -> Iterator[None]:
    """Name the source that does not fit in memory.

    Raises:
        InputError: It does not.
    """
    try:
        yield
    except MemoryError:
        raise InputError(
            Code.OUT_OF_MEMORY,
            f"{name} does not fit in memory",
            hint="a row is held as a whole, as is all of a file that is not read in pieces",
        ) from None


def _guarded(array: Array) -> Array:
    """Return the same array, which names its source where it does not fit in memory."""

    def read(leading: int) -> Iterator[Block]:
        with memory_errors(array.name):
            yield from array.read(leading)

    return replace(array, read=read)


def require_options_of_files(files: Sequence[NamedArrays], options: ReadOptions) -> None:
    """Refuse options of files where all numbers are inline, of which none would follow them.

    Raises:
        InputError: There is such an option.
    """
    given = {"--index-column": options.index_columns, "--header": options.header is not None}
    for option in (option for option, is_given in given.items() if is_given):
        if all(file.source.inline for file in files):
            raise InputError(
                Code.BAD_SETTING,
                f"{option} is about files, and all numbers are inline",
                hint=f"leave out {option}, or write the numbers to a file",
            )


def open_source(
    argument: str | ByteRange, role: str, options: ReadOptions = DETECT
) -> tuple[Source, str]:
    """Return the source that an argument means, and the name of its format.

    Raises:
        InputError: It is not a readable file, or its format is not known.
    """
    source = Source.of(argument, role, options)
    return source, source.options.input_format or format_of(source)


def read_vector(argument: str, role: str) -> NDArray[np.float64]:
    """Read a few numbers that go with an option, such as the weights of the classes.

    Args:
        argument: A path, `-`, or inline numbers.
        role: The name of the numbers in messages: "weight".

    Raises:
        InputError: The argument cannot be read, is not a list, or holds a number that is not
            finite.
    """
    array = NamedArrays.of(argument, [role]).array(role)
    if not is_list(array.shape):
        raise InputError(
            Code.WRONG_SHAPE,
            f"{array.name} has shape {format_shape(array.shape)}, {role} is a list",
        )
    block = array.whole()
    values = np.asarray(block.values, dtype=np.float64)
    for index in np.argwhere(~np.isfinite(values))[:1]:
        place = block.locate(*map(int, index))
        raise InputError(Code.NOT_A_NUMBER, f"{role} must be finite", place)
    return values.ravel()
