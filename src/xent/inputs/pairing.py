"""Logits, targets and weights become one stream of batches."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import prod

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.alignment import (
    AlignedArrays,
    Blocks,
    elements,
    repeated,
    require_one_per_row,
    shifted,
    without_first,
)
from xent.inputs.batch import Batch
from xent.inputs.binary import align_binary
from xent.inputs.class_names import inline_labels, require_count
from xent.inputs.class_order import check_class_order
from xent.inputs.formats.array import Array
from xent.inputs.formats.cells import listed
from xent.inputs.groups import (
    column_of_groups,
    file_of_groups,
    is_file_of_groups,
    no_such_group,
    open_with_groups,
)
from xent.inputs.join import differing_ids, in_order_of, join_advice, joined
from xent.inputs.named_arrays import NamedArrays, require_options_of_files
from xent.inputs.read_options import DETECT, Keys, ReadOptions
from xent.inputs.shapes import alike, is_list
from xent.inputs.sources.source import ByteRange
from xent.inputs.target_scores import align_target_scores, with_score_column
from xent.inputs.zip_blocks import Stream, zip_batches
from xent.settings import InputKind, LossSettings


@dataclass(frozen=True, slots=True)
class Inputs:
    """The rows that the arguments of the user lead to.

    Attributes:
        batches: Logits with their targets, in the order of the rows.
        notes: What was detected, to tell the user; more may follow with the last batch.
        row_shapes: The shape of a row of the logits, of the targets, and of any weights.
        class_names: The names of the classes, where they are known.
        files: The sources that have been opened, with their arrays.
        input_kind: The kind of numbers that the name of the logits tells; None where it tells
            none, or the user says it.
        labels: The number of independent labels to which the rows belong in turn.
        groups: The names of the groups of rows; None where rows have no groups.
    """

    batches: Iterator[Batch]
    notes: Sequence[Diagnostic] = ()
    row_shapes: tuple[tuple[int, ...], ...] = ()
    class_names: tuple[str, ...] = ()
    files: Sequence[NamedArrays] = ()
    input_kind: InputKind | None = None
    labels: int = 1
    groups: Keys | None = None

    @property
    def position(self) -> int:
        """Return how many bytes of files have been read."""
        return sum(file.source.position for file in self.files)

    def settings_for(self, settings: LossSettings) -> LossSettings:
        """Return the settings with the kind of numbers that the name of the logits tells."""
        if self.input_kind is None or settings.input_kind != "logits":
            return settings
        return replace(settings, input_kind=self.input_kind)


def read_inputs(
    logits: str | ByteRange,
    targets: str | ByteRange | None,
    settings: LossSettings,
    *,
    sample_weight: str | ByteRange | None = None,
    options: ReadOptions = DETECT,
) -> Inputs:
    """Open the sources that the user names.

    Args:
        logits: A path, `-`, inline numbers, or a range of a file.
        targets: The same; None where `logits` holds both.
        settings: Which axis is which, and what the targets are.
        sample_weight: As `targets`; None for rows that all have the weight 1.
        options: How they are to be read.

    Raises:
        InputError: A source cannot be read. Errors in further rows are raised as the batches are
            taken.
    """
    notes: list[Diagnostic] = []
    roles: tuple[str, ...] = ("logits", "targets") if targets is None else ("logits",)
    if settings.is_per_target:
        _refuse_targets(targets, settings)
        options, roles, found = with_score_column(logits, settings, options)
        notes += found
    files = _opened(logits, targets, sample_weight, roles, options)
    arrays = _arrays(files, logits, roles, options, notes)
    scores, labels, *factors = arrays
    kind = scores.kind if options.input_kind is None and settings.input_kind == "logits" else None
    if kind is not None:
        settings = replace(settings, input_kind=kind)
        notes.append(_kind_note(scores, kind))
    if settings.is_per_target:
        aligned = align_target_scores(scores, labels if "targets" in roles else None, settings)
    else:
        align = align_binary if settings.binary else AlignedArrays.of
        aligned = align(scores, labels, settings)
    if settings.shift:
        aligned = shifted(aligned)
    notes += aligned.notes
    streams = [
        Stream("row", scores.name, aligned.logits),
        Stream("target", labels.name, aligned.targets),
        *(_weights(array, aligned, settings) for array in factors),
    ]
    ids = (None, None) if options.keys else (scores.ids, labels.ids)
    notes += differing_ids(*ids)
    groups = _groups(files, options)
    if groups is not None:
        streams.append(_weights(groups, aligned, settings, "group"))
    advice = join_advice(*ids)
    rows = zip_batches(streams, advice, weighted=bool(factors), grouped=groups is not None)
    along_columns = not (settings.binary or settings.is_per_target)
    along_columns = along_columns and settings.class_axis in (None, 1, -1)
    names = scores.class_names if along_columns else ()
    by_number = Code.TARGETS_AS_PROBABILITIES not in [note.code for note in notes]
    if names and by_number and not labels.named:
        beginning = next(rows)
        rows = chain([beginning], rows)
        mapping = check_class_order(names, beginning, settings)
        notes += [mapping] if mapping else []
    row_shapes = tuple(array.shape[1:] for array in arrays)
    opened = tuple(dict.fromkeys(files))
    return Inputs(rows, notes, row_shapes, names, opened, kind, aligned.labels, options.group)


def _opened(
    logits: str | ByteRange,
    targets: str | ByteRange | None,
    sample_weight: str | ByteRange | None,
    roles: Sequence[str],
    options: ReadOptions,
) -> list[NamedArrays]:
    """Open the arguments; the first file is the second as well, where it holds both."""
    if [logits, targets, sample_weight].count("-") > 1:
        raise InputError(
            Code.STDIN_TWICE,
            "only one input can be read from standard input",
            hint='give one as a file, or pipe both as one: {"logits": [[…]], "targets": […]}',
        )
    given = options
    is_column = options.group is not None and not is_file_of_groups(options.group)
    if is_column and options.keys is not None:
        raise InputError(
            Code.BAD_SETTING,
            "with --join the groups stand in a file of their own, in the order of LOGITS",
            hint="name a file with one group per row",
        )
    opened = open_with_groups(logits, roles, options) if is_column else None
    is_column = is_column and opened is None
    first = _named_by(options, opened or NamedArrays.of(logits, roles, options))
    # The logits may tell the names of the classes that stand for targets.
    options = replace(
        options,
        header=options.targets_header,
        class_names=first.class_names,
        class_count=first.class_count,
    )
    second = first
    if targets is not None:
        found = open_with_groups(targets, ["targets"], options) if is_column else None
        second = found or _targets(targets, options)
        is_column = is_column and found is None
    if is_column:
        raise no_such_group(options)
    files = [first, second]
    if sample_weight is not None:
        options = replace(options, header=None)
        files.append(NamedArrays.of(sample_weight, ["sample_weight"], options))
    require_options_of_files(files, given)
    return files


def _groups(files: list[NamedArrays], options: ReadOptions) -> Array | None:
    """Return the group of each row, where rows have groups."""
    if options.group is None:
        return None
    if is_file_of_groups(options.group):
        return file_of_groups(options.group)
    return column_of_groups(files)


def _named_by(options: ReadOptions, first: NamedArrays) -> NamedArrays:
    """Return the file of the logits with the names that the user gives to the classes."""
    role = "logits" if "logits" in first.arrays else ""
    if not options.class_names or role not in first.arrays:
        return first
    logits = first.arrays[role]
    require_count(options.class_names, logits.shape[-1])
    named = replace(logits, class_names=options.class_names)
    return replace(first, arrays={**first.arrays, role: named})


def _targets(argument: str | ByteRange, options: ReadOptions) -> NamedArrays:
    """Open the targets, which may be inline names of classes."""
    numbers = None
    if isinstance(argument, str) and argument != "-":
        numbers = inline_labels(argument, options.class_names)
    if numbers is None:
        return NamedArrays.of(argument, ["targets"], options)
    found = NamedArrays.of(numbers, ["targets"], options)
    arrays = {name: replace(array, named=True) for name, array in found.arrays.items()}
    return replace(found, arrays=arrays)


def _refuse_targets(targets: str | ByteRange | None, settings: LossSettings) -> None:
    if targets is not None:
        raise InputError(
            Code.BAD_SETTING,
            f"{settings.input_kind} are those of the targets already: leave out TARGETS",
        )


def _arrays(
    files: list[NamedArrays],
    logits: str | ByteRange,
    roles: Sequence[str],
    options: ReadOptions,
    notes: list[Diagnostic],
) -> list[Array]:
    """Return the logits, the targets and any sample weights, with their rows in one order."""
    first, second, *third = files
    if second is first and "targets" not in roles:
        scores = labels = first.array("logits")
        found = scores.notes
    else:
        scores, labels, found = _scores_and_labels(first, second)
    notes += found
    arrays = [scores, labels, *(file.array("sample_weight") for file in third)]
    if options.keys is None:
        return arrays
    if options.order_by is None or (options.order_by == logits and second is not first):
        return joined(files, arrays, options.keys, notes)
    if options.order_by == logits:
        return arrays
    roles = ["logits", "targets"] if second is first else ["logits"]
    leader = NamedArrays.of(options.order_by, roles, options)
    return in_order_of(leader, files, arrays, options.keys, notes)


def _scores_and_labels(
    first: NamedArrays, second: NamedArrays
) -> tuple[Array, Array, tuple[Diagnostic, ...]]:
    scores = first.array("logits")
    if second is not first:
        labels = second.array("targets")
        note = Diagnostic(
            Code.TARGETS_UNUSED,
            f"{first.name} also holds targets; those of {labels.name} are used",
        )
        unused = (note,) if "targets" in first.arrays else ()
        return scores, labels, (*scores.notes, *labels.notes, *unused)
    if "targets" not in first.arrays:
        raise InputError(
            Code.MISSING_TARGETS,
            f"no targets: {first.name} holds only logits",
            hint=_where_targets_may_be(scores.suspects),
            options=("--target-column", scores.suspects[0]) if scores.suspects else (),
        )
    labels = first.array("targets")
    return scores, labels, (*scores.notes, *labels.notes)


def _where_targets_may_be(columns: Sequence[str]) -> str:
    if not columns:
        return "name TARGETS: xent compute LOGITS TARGETS"
    which = f"the column {columns[0]}"
    if len(columns) > 1:
        which = f"one of the columns {listed(columns)}"
    name = shlex.quote(columns[0])
    return f"if the targets are {which}: --target-column {name}"


def _kind_note(scores: Array, kind: InputKind) -> Diagnostic:
    noun = "probabilities" if kind == "probs" else "log-probabilities"
    return Diagnostic(
        Code.INPUT_KIND_NAMED,
        f"the logits of {scores.name} are {noun} by their name: --input-kind {kind} is assumed; "
        "--input-kind logits overrides it",
    )


def _weights(
    factors: Array, aligned: AlignedArrays, settings: LossSettings, noun: str = "sample weight"
) -> Stream:
    """Return one value per row, of weights or groups."""
    places = aligned.layout.targets_shape
    may_repeat = settings.binary or (noun == "group" and len(places) > 1)
    if may_repeat and is_list(factors.shape) and not alike(factors.shape, places):
        weights = _weights_of_labels(factors, places, noun)
    else:
        require_one_per_row(factors, aligned.layout)
        weights = elements(factors)
    if settings.shift:
        weights = without_first(weights, aligned.layout)
    return Stream(noun, factors.name, weights)


def _weights_of_labels(factors: Array, places: tuple[int, ...], noun: str) -> Blocks:
    """Return the weight of each label, given one for each row of labels."""
    block = factors.whole()
    if places[0] not in (-1, block.values.size):
        raise InputError(
            Code.COUNT_MISMATCH,
            f"{block.values.size} {noun}s in {factors.name}, but {places[0]} rows of logits",
            hint=f"each row needs one, which is the {noun} of all its parts",
        )
    return repeated(Array.of_block(factors.name, block), prod(places[1:]))
