"""Which class a number means, where the columns of the logits have names."""

from collections.abc import Sequence

import numpy as np

from xent.errors import Code, Diagnostic
from xent.inputs.batch import Batch
from xent.settings import LossSettings

_NAMES_SHOWN = 6
# Standard deviations of luck, from which on the rows tell that the numbers mean something else: two
# rows may be enough, and of models that know nothing one in six is doubted.
_SURE = 1


def numbering(names: Sequence[str], batch: Batch, settings: LossSettings) -> Diagnostic | None:
    """Say which number means which class; warn if the rows say that it means another.

    Whoever sorts the names of the classes, as scikit-learn does, numbers them in that order,
    which need not be that of the columns.

    Args:
        names: (C,) what the columns are called.
        batch: The first rows, with class numbers for targets.
        settings: Where the numbers begin, and which is ignored.

    Returns:
        Nothing where the names are the numbers.
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
        hint = "in alphabetical order, as scikit-learn numbers them, they would be others"
        return Diagnostic(Code.CLASSES_BY_NUMBER, mapping, hint=hint)
    return Diagnostic(
        Code.LABELS_PERMUTED,
        f"{mapping}; numbered in alphabetical order, as scikit-learn does, {int(then.sum())} of "
        f"the first {len(numbers)} rows would be predicted right, not {int(now.sum())}",
        hint="write the names in place of the numbers, or the columns in alphabetical order",
    )
