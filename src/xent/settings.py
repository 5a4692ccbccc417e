"""What the user decides about the loss itself."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log
from typing import TYPE_CHECKING, Literal, get_args
from zlib import crc32

from xent._version import __version__
from xent.errors import Code, InputError

if TYPE_CHECKING:  # the command line takes its choices from here, and NumPy is slow to load
    import numpy as np
    from numpy.typing import NDArray

ClassInputKind = Literal["logits", "log-probs", "probs"]
InputKind = Literal["logits", "log-probs", "probs", "target-log-probs", "losses"]
Reduction = Literal["mean", "sum", "none"]
Unit = Literal["nats", "bits"]
LogBase = Literal["e", "2", "10"]

# What holds one number per row, which is of the target alone.
PER_TARGET: tuple[InputKind, ...] = ("target-log-probs", "losses")

# A signature spells out this many class weights; more of them are told apart by a checksum.
_WEIGHTS_SPELLED = 10


@dataclass(frozen=True, slots=True, eq=False)
class LossSettings:
    """How the input is to be read, which rows count and how much, and what is made of them.

    Attributes:
        weight: (C,) a factor for each class, negative ones allowed; None for 1 throughout.
        ignore_index: Rows with this target are left out, as in PyTorch, whose default is -100.
        label_smoothing: ε in [0, 1]; the target becomes (1 - ε)·target + ε/C.
        reduction: What is made of the rows' losses.
        input_kind: What the input holds: logits, log-probabilities or probabilities of all
            classes; or one number per row, the target's log-probability or the loss.
        temperature: T > 0, by which logits are divided.
        unit: What the loss is measured in.
        one_based: The targets count the classes from 1, not 0.
        class_axis: The axis of the input along which the classes stand; None for PyTorch's.
        shift: The target of a position is the one that stands at the next position.
        binary: The input holds one logit (or probability) for each independent yes or no.
        pos_weight: (K,) where binary, a factor for the yes of each of K labels, or (1,) of all.
        log_base: The base of the logarithms in an input of one number per row.

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
    class_axis: int | None = None
    shift: bool = False
    binary: bool = False
    pos_weight: NDArray[np.float64] | None = None
    log_base: LogBase = "e"

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("reduction", self.reduction, get_args(Reduction)),
            ("input_kind", self.input_kind, get_args(InputKind)),
            ("unit", self.unit, get_args(Unit)),
            ("log_base", self.log_base, get_args(LogBase)),
        ):
            if value not in choices:
                raise InputError(
                    Code.BAD_SETTING, f"{name} is one of {', '.join(choices)}, not {value!r}"
                )
        if int(self.ignore_index) != self.ignore_index:
            raise InputError(
                Code.BAD_SETTING, f"ignore_index must be an integer, got {self.ignore_index}"
            )
        if not 0 <= self.label_smoothing <= 1:
            raise InputError(
                Code.BAD_SETTING,
                f"label_smoothing must be between 0 and 1, got {self.label_smoothing}",
            )
        if not (self.temperature > 0 and isfinite(self.temperature)):
            raise InputError(
                Code.BAD_SETTING, f"temperature must be positive and finite, got {self.temperature}"
            )
        if self.temperature != 1 and self.input_kind != "logits":
            raise InputError(
                Code.BAD_SETTING, f"temperature is for logits, but the input is {self.input_kind}"
            )
        if self.weight is not None and self.weight.ndim != 1:
            raise InputError(
                Code.WRONG_SHAPE, f"weight must have shape (C,), got {self.weight.shape}"
            )
        self._check_binary()
        self._check_per_target()

    @property
    def is_per_target(self) -> bool:
        """Whether the input holds one number per row, of the target alone."""
        return self.input_kind in PER_TARGET

    @property
    def nats_per_log(self) -> float:
        """What a unit of the logarithms in the input is worth in nats: ln of their base."""
        return {"e": 1.0, "2": log(2), "10": log(10)}[self.log_base]

    def _check_per_target(self) -> None:
        for option, meets in (
            ("a weight for each class", self.weight is not None),
            ("label smoothing", bool(self.label_smoothing)),
            ("binary labels", self.binary),
            ("a shift", self.shift),
            ("a class axis", self.class_axis is not None),
            ("one-based targets", self.one_based),
        ):
            if self.is_per_target and meets:
                raise InputError(
                    Code.BAD_SETTING,
                    f"{self.input_kind} are one number per row, without classes: they have no use "
                    f"for {option}",
                )
        if self.log_base != "e" and not self.is_per_target:
            raise InputError(
                Code.BAD_SETTING,
                f"a base of logarithms is for one number per row, and these are {self.input_kind}",
                hint="say what they are: --input-kind target-log-probs",
            )

    def _check_binary(self) -> None:
        for option, meets in (
            ("a weight for each class", self.binary and self.weight is not None),
            ("log-probs", self.binary and self.input_kind == "log-probs"),
            ("a shift", self.binary and self.shift),
            ("a class axis", self.binary and self.class_axis is not None),
            ("one-based targets", self.binary and self.one_based),
        ):
            if meets:
                raise InputError(Code.BAD_SETTING, f"{option} does not go with binary labels")
        if self.pos_weight is not None and not self.binary:
            raise InputError(
                Code.BAD_SETTING,
                "pos_weight is for binary labels only",
                hint="use --weight for one weight per class",
            )
        if self.pos_weight is not None and self.label_smoothing:
            raise InputError(
                Code.BAD_SETTING,
                "label_smoothing and pos_weight cannot be combined for binary labels",
            )

    @property
    def nats_per_unit(self) -> float:
        """1 for nats, ln 2 for bits."""
        return log(2) if self.unit == "bits" else 1.0

    def signature(self, rows: int, classes: int, inputs: dict[str, str]) -> str:
        """Write all that is needed to repeat the result on one line, in the manner of sacrebleu.

        Args:
            rows: N.
            classes: C.
            inputs: What else is to be said of the input, by name.
        """
        fields = {
            "n": rows,
            "C": classes,
            "in": self.input_kind,
            **inputs,
            **({"axis": self.class_axis} if self.class_axis is not None else {}),
            **({"shift": 1} if self.shift else {}),
            **({"binary": 1} if self.binary else {}),
            "red": self.reduction,
            "w": _weights_text(self.weight),
            **({"pos": _weights_text(self.pos_weight)} if self.pos_weight is not None else {}),
            "ignore": self.ignore_index,
            "ls": _short(self.label_smoothing),
            "T": _short(self.temperature),
            "unit": self.unit,
            **({"base": 1} if self.one_based else {}),
            **({"log": self.log_base} if self.log_base != "e" else {}),
            "v": __version__,
        }
        return "|".join(["xent", *(f"{name}:{value}" for name, value in fields.items())])


def _short(value: float) -> str:
    """Return a number exactly, and 1 for 1.0."""
    return repr(float(value)).removesuffix(".0")


def _weights_text(weight: NDArray[np.float64] | None) -> str:
    if weight is None:
        return "none"
    if len(weight) <= _WEIGHTS_SPELLED:
        return ",".join(map(_short, weight.tolist()))
    return f"#{crc32(weight.tobytes()):08x}"
