"""Logits, targets and weights, from wherever they come, become one stream of batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.argument import Argument
from xent.inputs.arrangement import Arrangement, elements, require_places
from xent.inputs.batch import Batch
from xent.inputs.binary import binary_arrangement
from xent.inputs.formats.array import Array, Form
from xent.inputs.formats.ids import differing, join_advised
from xent.inputs.join import in_order
from xent.inputs.lockstep import Stream, batches
from xent.inputs.numbering import numbering
from xent.inputs.shift import shifted, without_first
from xent.inputs.sources.keys import Keys
from xent.inputs.sources.reading import FOUND_OUT, Reading
from xent.inputs.sources.source import Passage, Source
from xent.settings import LossSettings


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the user's arguments lead to.

    Attributes:
        batches: Logits with their targets, in the order of the rows, each batch a bounded piece.
        notes: What the user should know about how the arguments were taken; more may follow with
            the last batch.
        forms: What the rows of the logits are like, those of the targets, and of any weights.
        class_names: What the classes are called, where that is known.
        sources: What has been opened.
    """

    batches: Iterator[Batch]
    notes: Sequence[Diagnostic] = ()
    forms: tuple[Form, ...] = ()
    class_names: tuple[str, ...] = ()
    sources: Sequence[Source] = ()

    @property
    def position(self) -> int:
        """How many bytes of files have been read."""
        return sum(source.position for source in self.sources)


def read_inputs(
    logits: str | Passage,
    targets: str | Passage | None,
    settings: LossSettings,
    *,
    sample_weight: str | Passage | None = None,
    reading: Reading = FOUND_OUT,
) -> Inputs:
    """Open what the user named.

    Args:
        logits: A path, `-`, inline numbers, or a passage from a file.
        targets: The same; None where `logits` holds both.
        settings: Which axis is which, and what the targets are.
        sample_weight: As `targets`; None for rows that all weigh the same.
        reading: How they are to be read.

    Raises:
        InputError: A source cannot be read. What is wrong with further rows shows only as the
            batches are taken.
    """
    arguments = _opened(logits, targets, sample_weight, reading)
    notes: list[Diagnostic] = []
    arrays = _arrays(arguments, reading.keys, notes)
    scores, labels, *factors = arrays
    arrange = binary_arrangement if settings.binary else Arrangement.of
    arrangement = arrange(scores, labels, settings)
    if settings.shift:
        arrangement = shifted(arrangement)
    notes += arrangement.notes
    streams = [
        Stream("row", scores.name, arrangement.logits),
        Stream("target", labels.name, arrangement.targets),
        *(_weights(array, arrangement, settings) for array in factors),
    ]
    ids = (None, None) if reading.keys else (scores.ids, labels.ids)
    notes += differing(*ids)
    rows = batches(streams, join_advised(*ids))
    along_columns = not settings.binary and settings.class_axis in (None, 1, -1)
    names = scores.class_names if along_columns else ()
    by_number = Code.TARGETS_AS_PROBABILITIES not in [note.code for note in notes]
    if names and by_number and not labels.named:
        beginning = next(rows)
        rows = chain([beginning], rows)
        mapping = numbering(names, beginning, settings)
        notes += [mapping] if mapping else []
    forms = tuple(array.form for array in arrays)
    sources = tuple(argument.source for argument in dict.fromkeys(arguments))
    return Inputs(rows, notes, forms, names, sources)


def _opened(
    logits: str | Passage,
    targets: str | Passage | None,
    sample_weight: str | Passage | None,
    reading: Reading,
) -> list[Argument]:
    """What the arguments lead to; the first is the second as well, where it holds both."""
    if [logits, targets, sample_weight].count("-") > 1:
        raise InputError(
            Code.STDIN_TWICE,
            "only one of the inputs can be read from standard input",
            hint='give one as a file, or pipe both in one: {"logits": [[…]], "targets": […]}',
        )
    both = ["logits", "targets"]
    first = Argument.of(logits, both if targets is None else both[:1], reading)
    # The logits may tell what the classes are called that the targets name.
    reading = replace(reading, class_names=first.class_names)
    opened = [first, first if targets is None else Argument.of(targets, both[1:], reading)]
    if sample_weight is not None:
        opened.append(Argument.of(sample_weight, ["sample_weight"], reading))
    return opened


def _arrays(arguments: list[Argument], keys: Keys | None, notes: list[Diagnostic]) -> list[Array]:
    """The logits, the targets and any sample weights, with their rows in one order."""
    first, second, *third = arguments
    scores, labels, found = _scores_and_labels(first, second)
    notes += found
    arrays = [scores, labels, *(argument.array("sample_weight") for argument in third)]
    return in_order(arguments, arrays, keys, notes) if keys else arrays


def _scores_and_labels(
    first: Argument, second: Argument
) -> tuple[Array, Array, tuple[Diagnostic, ...]]:
    scores = first.array("logits")
    if second is not first:
        labels = second.array("targets")
        note = Diagnostic(
            Code.TARGETS_UNUSED,
            f"{first.name} holds targets too; those of {labels.name} are used",
        )
        unused = (note,) if "targets" in first.arrays else ()
        return scores, labels, (*scores.notes, *labels.notes, *unused)
    if "targets" not in first.arrays:
        raise InputError(
            Code.MISSING_TARGETS,
            f"no targets: {first.name} holds logits alone",
            hint="name the targets as well: xent compute LOGITS TARGETS",
        )
    labels = first.array("targets")
    return scores, labels, (*scores.notes, *labels.notes)


def _weights(factors: Array, arrangement: Arrangement, settings: LossSettings) -> Stream:
    require_places(factors, arrangement.layout)
    weights = elements(factors)
    if settings.shift:
        weights = without_first(weights, arrangement.layout)
    return Stream("sample weight", factors.name, weights)
