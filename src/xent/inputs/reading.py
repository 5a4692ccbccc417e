"""How the user says that sources are to be read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What is None is found out from the source itself.

    Attributes:
        input_format: The format of what is not in place, a key of `FORMATS`.
        logits_key: What the logits are called where several arrays stand together.
        targets_key: What the targets are called there.
    """

    input_format: str | None = None
    logits_key: str | None = None
    targets_key: str | None = None

    def key(self, role: str) -> str | None:
        """The name that an array bears, where the user gives one."""
        return {"logits": self.logits_key, "targets": self.targets_key}.get(role)


FOUND_OUT = Reading()
