"""How the user says that sources are to be read."""

from dataclasses import dataclass

from xent.inputs.sources.keys import Keys


@dataclass(frozen=True, slots=True)
class Reading:
    """What is None is found out from the source itself.

    Attributes:
        input_format: The format of what is not in place, a key of `FORMATS`.
        logits_key: What the logits are called where several arrays stand together.
        targets_key: What the targets are called there; of a text, the name or number of a column.
        header: Whether the first row of a text holds the names of its columns.
        comment: What begins a comment in a text; None for nothing.
        index_columns: The names or numbers of columns that are passed over.
        keys: The keys by which targets and logits are joined; None where they stand in one order.
        class_names: The names of the classes, where the logits have told them.
    """

    input_format: str | None = None
    logits_key: str | None = None
    targets_key: str | None = None
    header: bool | None = None
    comment: str | None = None
    index_columns: tuple[str, ...] = ()
    keys: Keys | None = None
    class_names: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a text that the user names."""
        named = (self.targets_key, self.keys.column if self.keys else None, *self.index_columns)
        return tuple(name for name in named if name)

    def key(self, role: str) -> str | None:
        """The name that an array bears, where the user gives one."""
        return {"logits": self.logits_key, "targets": self.targets_key}.get(role)


FOUND_OUT = Reading()
