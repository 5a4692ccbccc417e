"""What an argument of the command line leads to: one array, or several by name."""

from dataclasses import dataclass

from xent.errors import Code, InputError
from xent.inputs import FORMATS
from xent.inputs.array import Array
from xent.inputs.sniff import format_of
from xent.inputs.source import Source


@dataclass(frozen=True, slots=True)
class Argument:
    """The arrays of a source.

    Attributes:
        name: What messages call the source.
        arrays: Its arrays by name, or one without a name.
    """

    name: str
    arrays: dict[str, Array]

    @classmethod
    def of(cls, text: str, role: str, input_format: str | None = None) -> "Argument":
        """Open a path, `-`, or numbers in place.

        Args:
            text: The argument.
            role: What is sought in it, the name of numbers in place.
            input_format: A key of `FORMATS`, for what is not in place; None to find out.

        Raises:
            InputError: It cannot be read.
        """
        source = Source.of(text, role)
        chosen = None if source.inline else input_format
        return cls(source.name, FORMATS[chosen or format_of(source)].load()(source))

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
