"""`xent.explain`: the derivation from Python, and in a notebook."""

from dataclasses import dataclass
from html import escape

from numpy.typing import ArrayLike

from xent.explanation import FORMATS
from xent.explanation.derivation import Derivation
from xent.explanation.derive import derive
from xent.inputs.batch import array_batches, optional_doubles, real_array
from xent.inputs.pairing import Inputs
from xent.losses.layout import Layout
from xent.render.view import View
from xent.settings import InputKind, LossSettings, Reduction, Unit


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """A derivation that shows itself: as text, in a notebook, or in any of the formats.

    Attributes:
        derivation: The steps, reasons and numbers, as data.
        view: How much of it is shown.
    """

    derivation: Derivation
    view: View

    def write(self, name: str) -> str:
        """Write the derivation in one of the formats.

        Args:
            name: `"text"`, `"markdown"`, `"html"` or `"json"`.

        Raises:
            KeyError: There is no such format.
        """
        return "".join(FORMATS[name].load()(self.derivation, self.view))

    @property
    def loss(self) -> float:
        """The loss that is explained; for the reduction none, the mean."""
        return self.derivation.report.loss

    def __str__(self) -> str:
        return self.write("text")

    def __repr__(self) -> str:
        report = self.derivation.report
        return f"<Explanation of the loss {report.loss!r} of {report.rows} rows>"

    def _repr_html_(self) -> str:
        # A page of its own: its style must not spread over the notebook's, nor theirs over it.
        page = escape(self.write("html"))
        return (
            f'<iframe srcdoc="{page}" title="{escape(repr(self))}" sandbox '
            'style="width: 100%; height: 40rem; border: 0"></iframe>'
        )

    def _repr_markdown_(self) -> str:
        return self.write("markdown")


def explain(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    row: int | None = None,
    digits: int = 4,
    weight: ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
    input_kind: InputKind = "logits",
    temperature: float = 1.0,
    sample_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    unit: Unit = "nats",
) -> Explanation:
    """Derive a loss step by step, in the numbers given: why is it what it is, and not 0?

    Args:
        logits: As `cross_entropy` takes them.
        targets: As `cross_entropy` takes them.
        row: The number of the row that is worked in full, from 0; None for the one with the
            largest loss, the first of equals.
        digits: Digits after the point.
        weight: (C,) a factor for each class.
        ignore_index: Rows with this target are left out.
        reduction: `"mean"`, `"sum"` or `"none"`.
        label_smoothing: ε in [0, 1].
        input_kind: `"logits"`, `"log-probs"` or `"probs"`.
        temperature: T > 0, for logits.
        sample_weight: In the shape of class numbers, a factor for each row.
        class_axis: The axis of the classes, if not PyTorch's.
        unit: `"nats"` or `"bits"`.

    Returns:
        The explanation. It prints as text, and shows itself in a notebook; `write("html")` and
        the like give the other formats, `derivation` the data.

    Raises:
        InputError: As `cross_entropy`; or there is no such row.

    >>> print(str(explain([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])).splitlines()[0])
    Why is the loss 0.5514, and not 0?
    """
    settings = LossSettings(
        weight=optional_doubles("weight", weight),
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
        input_kind=input_kind,
        temperature=temperature,
        unit=unit,
    )
    scores, labels = real_array("logits", logits), real_array("targets", targets)
    layout = Layout.of(scores.shape, class_axis)
    batches = (batch for _, batch in array_batches(scores, labels, sample_weight, layout))
    view = View(digits=digits)
    inputs = Inputs(batches)
    derivation = derive(inputs, settings, row=row, digits=digits, shown_rows=view.rows)
    return Explanation(derivation, view)
