"""What mends an input: other options, or a line of Python."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from xent.inputs.pairing import Inputs
from xent.settings import LossSettings

# The options that change nothing about how the rows are read, and so apply to rows in memory.
OF_THE_LOSS = frozenset(
    {"ignore_index", "input_kind", "label_smoothing", "one_based", "temperature"}
)


class Rereader(Protocol):
    """Whoever can read the input again, with some options changed by their names."""

    def inputs(self, **changes: Any) -> tuple[Inputs, LossSettings] | None:  # noqa: ANN401  any type
        """Open the input again; None where the options do not fit, or it can be read only once."""

    def loss(self, **changes: Any) -> float | None:  # noqa: ANN401  as above
        """Return the mean loss in nats; None as for `inputs`."""

    def command(self, **changes: Any) -> str:  # noqa: ANN401  as above
        """Return the command that prints the loss."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Other options, and the loss with them.

    Attributes:
        loss: The mean loss with them, in nats; None where it cannot be calculated.
        command: The command that calculates it.
        of_all_rows: Whether it is that of all rows, and not of the sample.
        options: The options that change, by their names.
    """

    loss: float | None = None
    command: str | None = None
    of_all_rows: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


def statements(options: Mapping[str, Any], settings: LossSettings) -> Iterator[str | None]:
    """Yield the statement that does in Python what each option does; None where there is none.

    Args:
        options: The options, by their names.
        settings: The settings without them.
    """
    ignored = settings.ignore_index
    for name, value in options.items():
        match name, value:
            case "one_based", True:
                kept = f"targets == {ignored}"
                yield f"targets = numpy.where({kept}, targets, targets - 1)"
            case "ignore_index", _:
                yield f"targets = numpy.where(targets == {value}, {ignored}, targets)"
            case "input_kind", "probs" if settings.input_kind == "logits":
                yield "logits = numpy.log(logits)"
            case "temperature", _ if settings.temperature == 1:
                yield f"logits = logits / {value}"
            case _:
                yield None
