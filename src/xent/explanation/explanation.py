"""`xent.explain`: the derivation from Python, and in a notebook."""

from dataclasses import dataclass
from html import escape
from typing import Unpack

from numpy.typing import ArrayLike

from xent.explanation import FORMATS
from xent.explanation.derivation import Derivation
from xent.explanation.derive import derive
from xent.functional import LossCall, LossKeywords
from xent.inputs.pairing import Inputs
from xent.render.view import View


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
        """Return the loss that is explained; for the reduction none, the mean."""
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
    **options: Unpack[LossKeywords],
) -> Explanation:
    """Derive a loss step by step, in the numbers given: why is it what it is, and not 0?

    Args:
        logits: As `cross_entropy` takes them.
        targets: As `cross_entropy` takes them.
        row: The number of the row that is worked in full, from 0; None for the one with the
            largest loss, the first of equals.
        digits: Digits after the decimal point.
        **options: The keyword arguments of `cross_entropy`.

    Returns:
        The explanation. It prints as text, and shows itself in a notebook; `write("html")` and
        the like give the other formats, `derivation` the data.

    Raises:
        InputError: As `cross_entropy`; or there is no such row.

    >>> print(str(explain([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])).splitlines()[0])
    Why is the loss 0.5514, and not 0?
    """
    call = LossCall.of(logits, targets, options)
    view = View(digits=digits)
    derivation = derive(
        Inputs(batch for _, batch in call.batches()),
        call.settings,
        row=row,
        digits=digits,
        shown_rows=view.rows,
    )
    return Explanation(derivation, view)
