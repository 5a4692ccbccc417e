"""What an argument of the command line leads to: one array, or several by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xent.errors import Code, InputError
from xent.inputs.formats import FORMATS
from xent.inputs.formats.array import Array
from xent.inputs.formats.sniff import format_of
from xent.inputs.sources.reading import FOUND_OUT, Reading
from xent.inputs.sources.source import Passage, Source

_BOTH = ("logits", "targets")


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """The arrays of a source.

    Attributes:
        source: What it leads to.
        format: How it is written, a key of `FORMATS`.
        arrays: Its arrays by name, or one without a name.
    """

    source: Source
    format: str
    arrays: dict[str, Array]

    @property
    def name(self) -> str:
        """What messages call the source."""
        return self.source.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes are called, where the logits are here and tell it."""
        logits = self.arrays.get("logits", self.arrays.get(""))
        return logits.class_names if logits else ()

    @classmethod
    def of(
        cls,
        text: str | Passage,
        roles: Sequence[str] | None,
        reading: Reading = FOUND_OUT,
    ) -> "Argument":
        """Open a path, `-`, numbers in place, or a passage from a file.

        Args:
            text: The argument.
            roles: The arrays that will be asked for. Numbers in place are called by the first.
                None for all that an archive holds, and for both in anything else.
            reading: How it is to be read.

        Raises:
            InputError: It cannot be read, or an array is named where none bears a name.
        """
        source = Source.of(text, "numbers" if roles is None else roles[0])
        if source.inline:  # how files are written does not concern it
            reading = replace(reading, input_format=None, header=None, index_columns=(), keys=None)
        source = replace(source, reading=reading)
        name = reading.input_format or format_of(source)
        if roles is None:
            is_open = (
                FORMATS[name].is_archive and not reading.logits_key and not reading.targets_key
            )
            roles = () if is_open else _BOTH
        source = replace(source, roles=tuple(roles))
        arrays = FORMATS[name].load()(source)
        for role, key in source.sought.items():
            if key is not None and role not in arrays:
                raise InputError(
                    Code.BAD_SETTING,
                    f"{source.name} holds one array, which bears no name: there is no {key!r}",
                    hint=f"leave out --{role}-key",
                )
        return cls(source, name, arrays)

    def array(self, role: str) -> Array:
        """The array that bears the name of its role, or the one without a name.

        Raises:
            InputError: There is none, or nothing in it.
        """
        found = self.arrays.get(role, self.arrays.get(""))
        if found is None:
            other = next(iter(self.arrays))
            raise InputError(Code.MISSING_ARRAY, f"{self.name} holds {other}, but no {role}")
        if 0 in found.shape:
            raise InputError(Code.EMPTY_INPUT, f"there are no {role} in {self.name}")
        return found
