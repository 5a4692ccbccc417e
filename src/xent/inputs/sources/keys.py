"""The keys of rows, such as an id, by which rows of one file find those of another."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """A number for each key, the same wherever the key stands.

    Attributes:
        column: What the user calls the column that holds them.
    """

    column: str
    _numbers: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    @property
    def noun(self) -> str:
        """What a key is called in a sentence."""
        return self.column or "row"

    def number(self, key: str) -> int:
        """The number of a key, from 0 in the order in which keys are met."""
        return self._numbers.setdefault(key, len(self._numbers))

    def name(self, number: int) -> str:
        """The key that has this number."""
        return [*self._numbers][number]
