"""The batches of several models, cut so that each row of one meets the same row of the others."""

from collections.abc import Iterator, Sequence

import numpy as np

from xent.errors import Code, InputError
from xent.inputs.batch import Batch

_JOIN = "--join COLUMN pairs the rows by a column of all files, such as an id"


def zip_models(streams: Sequence[Iterator[Batch]], names: Sequence[str]) -> Iterator[list[Batch]]:
    """Yield the batches of all models, of the same rows.

    Args:
        streams: The batches of each model.
        names: The names of the models in messages.

    Raises:
        InputError: The models differ in their number of rows.
    """
    batches = [next(stream, None) for stream in streams]
    rows = 0
    while all(batches):
        common = min(len(batch.logits) for batch in batches if batch)
        yield [batch.part(0, common) for batch in batches if batch]
        rows += common
        batches = [
            _rest(batch, common) or next(stream, None) for batch, stream in _both(batches, streams)
        ]
    if any(batches):
        counts = [
            rows + (len(batch.logits) if batch else 0) + sum(len(each.logits) for each in stream)
            for batch, stream in zip(batches, streams, strict=True)
        ]
        other = next(number for number, count in enumerate(counts) if count != counts[0])
        raise InputError(
            Code.NOT_COMPARABLE,
            f"{names[0]} has {counts[0]} rows, {names[other]} has {counts[other]}",
            hint=f"models are compared on the same rows; {_JOIN}",
        )


def require_same_rows(first: Batch, other: Batch, names: tuple[str, str]) -> None:
    """Refuse rows that are not the same, which their targets and weights tell.

    Raises:
        InputError: The targets, their kind, or the sample weights differ.
    """
    if first.has_probabilities != other.has_probabilities:
        raise InputError(
            Code.NOT_COMPARABLE,
            f"the targets of {names[0]} and {names[1]} differ in kind: class numbers in one, "
            "probabilities in the other",
            hint="name the targets of both as the last argument",
        )
    one, two = first.targets.values, other.targets.values
    if one.shape != two.shape:
        raise InputError(
            Code.NOT_COMPARABLE,
            f"{names[0]} has targets for {one.shape[-1]} classes, {names[1]} for {two.shape[-1]}",
        )
    differ = one != two
    if one.dtype.kind == two.dtype.kind == "f":
        differ &= ~(np.isnan(one) & np.isnan(two))
    rows = differ.reshape(len(one), -1).any(axis=1)
    for row in np.flatnonzero(rows)[:1].tolist():
        column = int(np.atleast_1d(differ[row]).argmax())
        values = [np.atleast_1d(values[row])[column] for values in (one, two)]
        raise InputError(
            Code.NOT_COMPARABLE,
            f"row {first.first_row + row} has the target {values[0]:g} in {names[0]} and "
            f"{values[1]:g} in {names[1]}: the rows are not the same",
            other.targets.locate(row, column),
            _JOIN,
        )


def _both(
    batches: Sequence[Batch | None], streams: Sequence[Iterator[Batch]]
) -> Iterator[tuple[Batch | None, Iterator[Batch]]]:
    return zip(batches, streams, strict=True)


def _rest(batch: Batch | None, taken: int) -> Batch | None:
    if batch is None or taken == len(batch.logits):
        return None
    return batch.part(taken, len(batch.logits))
