"""What the user decides about the loss itself."""

from dataclasses import dataclass

from xent import __version__


@dataclass(frozen=True, slots=True)
class LossSettings:
    """How targets are to be read and which rows count.

    Attributes:
        ignore_index: Rows with this target are left out of the mean, as in PyTorch, whose
            default is -100.
        one_based: The targets count the classes from 1, not from 0.
    """

    ignore_index: int = -100
    one_based: bool = False

    def signature(self, rows: int, classes: int) -> str:
        """All that is needed to repeat the result, on one line, in the manner of sacrebleu."""
        fields = {
            "n": rows,
            "C": classes,
            "in": "logits",
            "red": "mean",
            "w": "none",
            "ignore": self.ignore_index,
            "ls": 0,
            "T": 1,
            "unit": "nats",
            **({"base": 1} if self.one_based else {}),
            "v": __version__,
        }
        return "|".join(["xent", *(f"{name}:{value}" for name, value in fields.items())])
