"""Several inputs of one kind, one after the other, as if they were one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from xent.errors import Code, InputError
from xent.inputs.batch import Batch
from xent.inputs.pairing import Inputs
from xent.inputs.part import Part
from xent.inputs.sources.source import Source
from xent.settings import LossSettings


def read_shards(shards: Sequence[Part], settings: LossSettings) -> Inputs:
    """Open the first of the shards, and each further one when the rows before are through.

    Raises:
        InputError: The first cannot be read; what is wrong with the others, or with further
            rows, shows only as the batches are taken.
    """
    first = shards[0].inputs(settings)
    if len(shards) == 1:
        return first
    opened = [*first.sources]
    return replace(first, batches=_batches(first, shards, settings, opened), sources=opened)


def _batches(
    first: Inputs, shards: Sequence[Part], settings: LossSettings, opened: list[Source]
) -> Iterator[Batch]:
    rows, expected = 0, None
    for shard in shards:
        inputs = first if shard is shards[0] else shard.inputs(settings)
        opened += inputs.sources if inputs is not first else ()
        for batch in inputs.batches:
            found = _kind(batch)
            expected = expected or found
            if found != expected:
                raise InputError(
                    Code.WRONG_SHAPE,
                    f"{shard.logits} has {found}; {shards[0].logits} has {expected}",
                    hint="shards are pieces of one data set: were they all written by one model?",
                )
            yield replace(batch, first_row=rows)
            rows += len(batch.logits)


def _kind(batch: Batch) -> str:
    """What the batches of all shards must have in common, in words."""
    targets = "probabilities" if batch.has_probabilities else "class numbers"
    return f"{batch.classes} classes, and {targets} for targets"
