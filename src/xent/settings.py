"""What the user decides about the loss itself."""

from dataclasses import dataclass
from math import isfinite, log
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xent import __version__
from xent.errors import Code, InputError

InputKind = Literal["logits", "log-probs", "probs"]
Reduction = Literal["mean", "sum", "none"]
Unit = Literal["nats", "bits"]


@dataclass(frozen=True, slots=True, eq=False)
class LossSettings:
    """How the input is to be read, which rows count and how much, and what is made of them.

    Attributes:
        weight: (C,) a factor for each class, negative ones allowed; None for 1 throughout.
        ignore_index: Rows with this target are left out, as in PyTorch, whose default is -100.
        label_smoothing: ε in [0, 1]; the target becomes (1 - ε)·target + ε/C.
        reduction: What is made of the rows' losses.
        input_kind: What the input holds: logits, log-probabilities, or probabilities.
        temperature: T > 0, by which logits are divided.
        unit: What the loss is measured in.
        one_based: The targets count the classes from 1, not from 0.

    Raises:
        InputError: A value is outside its range.
    """

    weight: NDArray[np.float64] | None = None
    ignore_index: int = -100
    label_smoothing: float = 0.0
    reduction: Reduction = "mean"
    input_kind: InputKind = "logits"
    temperature: float = 1.0
    unit: Unit = "nats"
    one_based: bool = False

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("reduction", self.reduction, get_args(Reduction)),
            ("input_kind", self.input_kind, get_args(InputKind)),
            ("unit", self.unit, get_args(Unit)),
        ):
            if value not in choices:
                raise InputError(
                    Code.BAD_SETTING, f"{name} is one of {', '.join(choices)}, not {value!r}"
                )
        if not 0 <= self.label_smoothing <= 1:
            raise InputError(
                Code.BAD_SETTING, f"label smoothing goes from 0 to 1, not {self.label_smoothing}"
            )
        if not (self.temperature > 0 and isfinite(self.temperature)):
            raise InputError(
                Code.BAD_SETTING, f"a temperature is above 0 and finite, not {self.temperature}"
            )
        if self.temperature != 1 and self.input_kind != "logits":
            raise InputError(
                Code.BAD_SETTING, f"a temperature divides logits, but these are {self.input_kind}"
            )
        if self.weight is not None and self.weight.ndim != 1:
            raise InputError(
                Code.WRONG_SHAPE, f"weight must have shape (C,), not {self.weight.shape}"
            )

    @property
    def nats_per_unit(self) -> float:
        """1 for nats, ln 2 for bits."""
        return log(2) if self.unit == "bits" else 1.0

    def signature(self, rows: int, classes: int) -> str:
        """All that is needed to repeat the result, on one line, in the manner of sacrebleu."""
        fields = {
            "n": rows,
            "C": classes,
            "in": self.input_kind,
            "red": self.reduction,
            "w": "none" if self.weight is None else ",".join(f"{w:g}" for w in self.weight),
            "ignore": self.ignore_index,
            "ls": f"{self.label_smoothing:g}",
            "T": f"{self.temperature:g}",
            "unit": self.unit,
            **({"base": 1} if self.one_based else {}),
            "v": __version__,
        }
        return "|".join(["xent", *(f"{name}:{value}" for name, value in fields.items())])
