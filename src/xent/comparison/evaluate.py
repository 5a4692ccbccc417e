"""Compare models in one pass over the rows of all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xent.comparison.comparison import Comparison, Model, Pair
from xent.comparison.movers import Movers
from xent.comparison.zip_models import require_same_rows, zip_models
from xent.errors import Code, InputError
from xent.inputs.batch import Batch
from xent.inputs.formats.dialect import RowIds
from xent.inputs.join import differing_ids
from xent.inputs.pairing import Inputs
from xent.losses.cluster_sums import ClusterSums
from xent.losses.divergence import (
    divergences,
    log_probabilities,
    normalised_divergences,
    slices,
)
from xent.losses.loss_sum import LossSum
from xent.losses.paired_sum import PairedSum
from xent.losses.row_losses import RowLosses, sum_up
from xent.parallel.threads import map_in_threads, usable_cores
from xent.report.anomalies import Anomalies
from xent.settings import LossSettings


class Collector(Protocol):
    """An observer of the losses of all models, in the order of the rows."""

    def update(self, first_row: int, losses: Sequence[RowLosses]) -> None:
        """Take in the losses of each model on the same rows."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A model that takes part.

    Attributes:
        name: The name of its source.
        inputs: Its batches.
        settings: The options of the loss, with the kind of its numbers.
        least_log_prob: Classes whose log-probability is not above it add nothing to KL.
        has_targets: Whether its targets are known, which tell whether rows are the same.
    """

    name: str
    inputs: Inputs
    settings: LossSettings
    least_log_prob: float = -np.inf
    has_targets: bool = True


def compare(
    compared: Sequence[Compared],
    collectors: Sequence[Collector] = (),
    *,
    movers: int = 5,
    by_order: bool = True,
    threads: int | None = None,
    on_progress: Callable[[LossSum, int], None] | None = None,
) -> Comparison:
    """Compare the losses of models on the same rows, each with the first model.

    Memory is bounded by a few batches per thread and model.

    Args:
        compared: The models, two at least.
        collectors: What else looks at the losses of each batch.
        movers: How many of the rows are kept whose losses differ most.
        by_order: Whether rows are paired by their order, so that ids which differ are remarkable.
        threads: How many batches are worked on at once; None for the cores that there are.
        on_progress: Is called with the sums of the first model so far, and the bytes read.

    Raises:
        InputError: An input cannot be what the user means, or the rows are not the same.
    """
    _require_same_classes(compared)
    names = [each.name for each in compared]
    work = partial(_compare_batches, compared, movers)
    rows = zip_models([each.inputs.batches for each in compared], names)
    whole: Comparison | None = None
    for losses, part in map_in_threads(work, rows, threads or usable_cores()):
        for collector in collectors:
            first_row = whole.models[0].loss_sum.rows if whole else 0
            collector.update(first_row, losses)
        whole = whole.merge(part) if whole else part
        if on_progress:
            position = sum(each.inputs.position for each in compared)
            on_progress(whole.models[0].loss_sum, position)
    if whole is None:
        raise ValueError("there is no batch to compare")
    return replace(whole, **notes_of(compared, by_order=by_order))


def notes_of(compared: Sequence[Compared], *, by_order: bool = True) -> dict[str, Any]:
    """Return what is known of the inputs of all models: notes, and the names of the classes."""
    notes = dict.fromkeys(note for each in compared for note in each.inputs.notes)
    names = (each.inputs.class_names for each in compared if each.inputs.class_names)
    ids = [_ids(each) for each in compared] if by_order else []
    differing = [note for other in ids[1:] for note in differing_ids(ids[0], other)]
    return {"notes": (*notes, *differing), "class_names": next(names, ())}


def _require_same_classes(compared: Sequence[Compared]) -> None:
    """Refuse models whose columns are other classes by their names."""
    first = compared[0]
    for other in compared[1:]:
        one, two = first.inputs.class_names, other.inputs.class_names
        if one and two and one != two:
            order = "in another order" if sorted(one) == sorted(two) else "by other names"
            raise InputError(
                Code.NOT_COMPARABLE,
                f"{other.name} has the classes of {first.name} {order}",
                hint="put the columns of both in the same order, with the same names",
            )


def _ids(compared: Compared) -> RowIds | None:
    arrays = compared.inputs.files[0].arrays if compared.inputs.files else {}
    return next((array.ids for array in arrays.values()), None)


def _compare_batches(
    compared: Sequence[Compared], movers: int, batches: Sequence[Batch]
) -> tuple[list[RowLosses], Comparison]:
    first = batches[0]
    for batch, other in zip(batches[1:], compared[1:], strict=True):
        names = compared[0].name, other.name
        if batch.classes != first.classes:
            raise InputError(
                Code.NOT_COMPARABLE,
                f"{names[0]} has {first.classes} classes, {names[1]} has {batch.classes}",
                hint="compare models with the same targets and classes",
            )
        if compared[0].has_targets and other.has_targets:
            require_same_rows(first, batch, names)
    with np.errstate(all="ignore"):
        losses = [
            batch.losses(each.settings) for batch, each in zip(batches, compared, strict=True)
        ]
        models = [_model(*each) for each in zip(compared, batches, losses, strict=True)]
        pairs = [
            Pair(
                PairedSum.of(
                    models[0].loss_sum,
                    models[number].loss_sum,
                    losses[0].counted_losses[0],
                    losses[number].counted_losses[0],
                ),
                int(np.count_nonzero(losses[0].correct & ~losses[number].correct)),
                int(np.count_nonzero(losses[number].correct & ~losses[0].correct)),
                _same_predictions(losses[0], losses[number]),
                _divergence(
                    (compared[0], compared[number]),
                    (first, batches[number]),
                    (losses[0], losses[number]),
                ),
                Movers.of(0, losses[0], losses[number], movers),
                _clusters(first, losses[0], losses[number]),
            )
            for number in range(1, len(batches))
        ]
    return losses, Comparison(tuple(models), tuple(pairs))


def _model(compared: Compared, batch: Batch, losses: RowLosses) -> Model:
    settings = compared.settings
    sums = sum_up(losses, even=batch.weighs_evenly(settings))
    inputs = {
        **({"targets": "probs"} if batch.has_probabilities else {}),
        **({"s": "given"} if batch.sample_weight is not None else {}),
    }
    anomalies = Anomalies.of(batch, losses, settings).after(-batch.first_row)
    return Model(compared.name, settings, batch.classes, sums, anomalies, inputs)


def _clusters(batch: Batch, first: RowLosses, second: RowLosses) -> ClusterSums | None:
    """Return the sums of the clusters of one batch, where rows come in clusters."""
    if batch.groups is None:
        return None
    losses, weights = first.counted_losses
    return ClusterSums.of(batch.groups[first.counted], losses, second.counted_losses[0], weights)


def _same_predictions(first: RowLosses, second: RowLosses) -> int:
    same = first.counted & (first.predictions == second.predictions) & (first.predictions >= 0)
    return int(np.count_nonzero(same))


def _divergence(
    models: tuple[Compared, Compared],
    batches: tuple[Batch, Batch],
    losses: tuple[RowLosses, RowLosses],
) -> LossSum | None:
    """Return the sums of KL(first‖second) over the counted rows; None without distributions."""
    if any(each.settings.is_per_target for each in models):
        return None
    kinds = {each.settings.input_kind for each in models}
    counted = losses[0].counted
    found = np.empty(len(counted))
    for some in slices(len(found), batches[0].classes):
        first, second = (
            _log_probs(*each, some) for each in zip(models, batches, losses, strict=True)
        )
        if kinds == {"logits"}:
            found[some] = normalised_divergences(first, second)
        else:
            found[some] = divergences(first, second, models[0].least_log_prob)
    return LossSum.of(found if counted.all() else found[counted])


def _log_probs(
    model: Compared, batch: Batch, losses: RowLosses, some: slice
) -> NDArray[np.float64]:
    values = np.ascontiguousarray(batch.logits.values[some], dtype=np.float64)
    settings = model.settings
    return log_probabilities(values, settings.input_kind, settings.temperature, losses.take(some))
