"""How the user says that inputs are to be read."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xent.inputs.formats.dialect import Dialect
    from xent.settings import InputKind


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys, such as ids, by which rows of one file are joined to those of another.

    Attributes:
        column: The name of the column that holds them, as the user gives it.
    """

    column: str
    _numbers: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    @property
    def noun(self) -> str:
        """Return the name of a key in a sentence."""
        return self.column or "row"

    def number(self, key: str) -> int:
        """Return the number of a key, from 0 in the order in which keys are met."""
        return self._numbers.setdefault(key, len(self._numbers))

    def name(self, number: int) -> str:
        """Return the key that has this number."""
        return self.names[number]

    @property
    def names(self) -> list[str]:
        """All keys that were met, by their numbers."""
        return [*self._numbers]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The options of reading. Whatever is None is detected from the source itself.

    Attributes:
        input_format: The format of every input but inline numbers, a key of `FORMATS`.
        logits_key: The name of the logits where a file holds several arrays.
        targets_key: The name of the targets there; in a table, the name or number of their column.
        header: Whether the first row of a text file holds the names of its columns; of the logits,
            where the targets are another file.
        targets_header: The same of the targets, where they are a file of their own.
        comment: The mark that begins a comment in a text file; None for no comments.
        index_columns: The names or numbers of columns that are passed over.
        keys: The keys by which targets and logits are joined; None to pair rows by their order.
        order_by: The source whose rows give the order, by their keys; None for that of the logits.
        group: The groups of rows: a column of the logits or the targets, or a file with one name
            per row; None where rows have no groups.
        class_names: The names of the classes, which the user or the logits have told.
        class_count: The number of classes, where the logits have told it.
        class_columns: The names, numbers or patterns of the columns of the classes.
        input_kind: The kind of numbers that the logits are; None where their name may tell it.
        dialect: How a text file is written, where that was detected before.
    """

    input_format: str | None = None
    logits_key: str | None = None
    targets_key: str | None = None
    header: bool | None = None
    targets_header: bool | None = None
    comment: str | None = None
    index_columns: tuple[str, ...] = ()
    keys: Keys | None = None
    order_by: str | None = None
    group: Keys | None = None
    class_names: tuple[str, ...] = ()
    class_count: int | None = None
    class_columns: tuple[str, ...] = ()
    input_kind: "InputKind | None" = None
    dialect: "Dialect | None" = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of a table that the user names."""
        named = (self.targets_key, self.keys.column if self.keys else None, *self.index_columns)
        return tuple(name for name in named if name)

    def key(self, role: str) -> str | None:
        """Return the name that the user gives to the array of this role."""
        return {"logits": self.logits_key, "targets": self.targets_key}.get(role)


DETECT = ReadOptions()
