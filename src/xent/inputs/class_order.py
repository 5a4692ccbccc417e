"""Check that the numbers of the classes follow the order of the named columns of the logits."""

from collections.abc import Sequence

import numpy as np

from xent.errors import Code, Diagnostic
from xent.inputs.batch import Batch
from xent.settings import LossSettings

_NAMES_SHOWN = 6
# Standard deviations of chance beyond which the rows contradict the order of the columns: two rows
# may be enough, and one in six models that know nothing is doubted.
_SURE = 1


def check_class_order(
    names: Sequence[str], batch: Batch, settings: LossSettings
) -> Diagnostic | None:
    """Tell which number means which class, and warn if the rows contradict that.

    scikit-learn numbers classes in the order of their sorted names, which need not be that of the
    columns.

    Args:
        names: (C,) The names of the columns.
        batch: The first rows, with class numbers for targets.
        settings: The number of the first class, and the number that is ignored.

    Returns:
        A note or a warning; None where the names are the numbers.
    """
    base = int(settings.one_based)
    if [*names] == [*map(str, range(base, base + len(names)))]:
        return None
    first = [f"{number} is {name}" for number, name in enumerate(names[:_NAMES_SHOWN], base)]
    more = len(names) - len(first)
    mapping = f"the targets are numbers of columns: {', '.join(first)}"
    mapping += f" and {more} more" if more else ""
    order = np.array(sorted(range(len(names)), key=names.__getitem__))
    if (order == np.arange(len(names))).all():
        return Diagnostic(Code.CLASSES_BY_NUMBER, mapping)
    targets = batch.targets.values.astype(np.float64)
    usable = (targets != settings.ignore_index) & (targets == np.floor(targets))
    usable &= (targets >= base) & (targets < base + len(names))
    numbers = targets[usable].astype(np.intp) - base
    predicted = batch.logits.values[usable].argmax(axis=1)
    now, then = predicted == numbers, predicted == order[numbers]
    gained, lost = int((then & ~now).sum()), int((now & ~then).sum())
    if gained - lost <= _SURE * (gained + lost) ** 0.5:
        hint = "in alphabetical order, as in scikit-learn, the numbers would mean other classes"
        return Diagnostic(Code.CLASSES_BY_NUMBER, mapping, hint=hint)
    return Diagnostic(
        Code.LABELS_PERMUTED,
        f"{mapping}; numbered in alphabetical order, as scikit-learn does, {int(then.sum())} of "
        f"the first {len(numbers)} rows would be predicted right, not {int(now.sum())}",
        hint="use names instead of numbers, or put the columns in alphabetical order",
    )
