"""The loss of an earlier run of the same evaluation, to compare a new one with."""

from dataclasses import dataclass
from itertools import islice
from math import hypot

from xent.errors import Code, InputError
from xent.report.report import Report, differing_fields
from xent.report.state import read_states
from xent.report.student_t import interval, is_beyond, welch_freedom


@dataclass(frozen=True, slots=True)
class BaselineDifference:
    """How far the mean loss of a report is from that of a baseline.

    The two are taken as independent, since a state holds no rows: `xent compare` pairs the rows,
    and finds smaller differences.

    Attributes:
        name: The source of the baseline.
        loss: The mean loss of the baseline, in the unit.
        difference: The mean loss of the report, less that of the baseline, in the unit.
        standard_error: The standard error of the difference, in the unit.
        interval: The 95 % interval of the difference, by Welch's t, in the unit.
    """

    name: str
    loss: float
    difference: float
    standard_error: float
    interval: tuple[float, float]

    def is_worse(self, tolerance: float) -> bool:
        """Tell whether the mean is worse by more than `tolerance`, and by more than noise.

        What is nan counts as worse.
        """
        return is_beyond(self.difference, self.interval[0], tolerance)

    @property
    def numbers(self) -> dict[str, str | float]:
        """Every figure by name, as programs read them."""
        return {
            "baseline": self.name,
            "baseline_loss": self.loss,
            "difference": self.difference,
            "difference_standard_error": self.standard_error,
            "difference_low": self.interval[0],
            "difference_high": self.interval[1],
        }


def read_baseline(argument: str) -> Report:
    """Read the one state of a file.

    Raises:
        InputError: There is none, there are several, or it is damaged.
    """
    found = [*islice(read_states(argument), 2)]
    if len(found) != 1:
        count = "more than one state" if found else "no state"
        raise InputError(
            Code.INVALID_STATE,
            f"the baseline {argument} holds {count}",
            hint="xent merge makes one state of several: xent merge FILE -o main.state",
        )
    return found[0][1]


def compare_with_baseline(report: Report, baseline: Report, name: str) -> BaselineDifference:
    """Compare the mean loss of a report with a baseline.

    Raises:
        InputError: The two are not results of the same evaluation, which their signatures tell.
    """
    if report.signature != baseline.signature:
        own, other = differing_fields(report.signature, baseline.signature)
        raise InputError(
            Code.NOT_COMPARABLE,
            f"the baseline {name} has {other}, this result has {own}: these are two evaluations",
            hint="write the baseline again with the same rows and options",
        )
    new, old, unit = report.loss_sum, baseline.loss_sum, report.settings.nats_per_unit
    difference = (new.mean - old.mean) / unit
    errors = [sums.standard_error / unit for sums in (new, old)]
    error = hypot(*errors)
    freedom = welch_freedom((errors[0], new.counted), (errors[1], old.counted))
    bounds = interval(difference, error, freedom)
    return BaselineDifference(name, old.mean / unit, difference, error, bounds)
