"""What an argument of the command line leads to: one array, or several by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xent.errors import Code, InputError
from xent.inputs import FORMATS
from xent.inputs.array import Array
from xent.inputs.reading import FOUND_OUT, Reading
from xent.inputs.sniff import format_of
from xent.inputs.source import Passage, Source


@dataclass(frozen=True, slots=True)
class Argument:
    """The arrays of a source.

    Attributes:
        source: What it leads to.
        arrays: Its arrays by name, or one without a name.
    """

    source: Source
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
        roles: Sequence[str],
        reading: Reading = FOUND_OUT,
    ) -> "Argument":
        """Open a path, `-`, numbers in place, or a passage from a file.

        Args:
            text: The argument.
            roles: The arrays that will be asked for. Numbers in place are called by the first.
            reading: How it is to be read.

        Raises:
            InputError: It cannot be read, or an array is named where none bears a name.
        """
        source = replace(Source.of(text, roles[0]), roles=tuple(roles), reading=reading)
        chosen = None if source.inline else reading.input_format
        arrays = FORMATS[chosen or format_of(source)].load()(source)
        for role, name in source.sought.items():
            if name is not None and role not in arrays:
                raise InputError(
                    Code.BAD_SETTING,
                    f"{source.name} holds one array, which bears no name: there is no {name!r}",
                    hint=f"leave out --{role}-key",
                )
        return cls(source, arrays)

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
