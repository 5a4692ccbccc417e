"""How the user says that sources are to be read."""

from dataclasses import dataclass


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
        class_names: The names of the classes, where the logits have told them.
    """

    input_format: str | None = None
    logits_key: str | None = None
    targets_key: str | None = None
    header: bool | None = None
    comment: str | None = None
    index_columns: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a text that the user names."""
        return (*self.index_columns, *([self.targets_key] if self.targets_key else []))

    def key(self, role: str) -> str | None:
        """The name that an array bears, where the user gives one."""
        return {"logits": self.logits_key, "targets": self.targets_key}.get(role)


FOUND_OUT = Reading()
