"""The roles of the columns of a table: logits, targets, index, keys, and the names of classes.

Every table is decided here, text and Parquet alike: by what the user says, by the names of the
columns, and by the cells of the first rows.
"""

import csv
import math
import os.path
import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import chain, takewhile

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.class_names import names_option, require_count
from xent.inputs.column_content import ColumnContent
from xent.inputs.formats.cells import MISSING, is_name, listed, yes_no_codes
from xent.inputs.read_options import ReadOptions
from xent.inputs.sources.source import Source
from xent.meaning.column_names import (
    is_count_name,
    is_index_name,
    is_no_class_name,
    is_prediction_name,
    is_target_name,
    score_family,
    without_affixes,
    without_score_prefix,
)

# The columns that are tried without at the ends of a table.
_MOST_AT_ENDS = 6
# Wider tables are not searched so.
_WIDE = 1000
_LOGITS_NAME = "logits"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table, by number, and their roles.

    Attributes:
        count: The number of columns.
        names: Their names; none where they have no names.
        arrays: The columns of each array, by its name: "logits", "targets", "keys", or "" for
            logits or numbers that stand alone.
        indexes: The columns that number or name the rows.
        passed_over: These and all others that belong to no array; they may hold anything.
        classes: The names of the classes, in the order of the logits; none where not known.
        suspects: The names of columns that may hold the targets, where no name says which do.
        notes: What was decided by itself, to tell the user.
    """

    count: int = 0
    names: tuple[str, ...] = ()
    arrays: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    indexes: tuple[int, ...] = ()
    passed_over: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    notes: tuple[Diagnostic, ...] = ()

    @property
    def key(self) -> int | None:
        """Return the column by which rows are joined."""
        columns = self.arrays.get("keys")
        return columns[0] if columns else None

    @property
    def target(self) -> int | None:
        """Return the column of targets; None where there are several."""
        columns = self.arrays.get("targets", ())
        return columns[0] if len(columns) == 1 else None


def decide_columns(
    names: Sequence[str],
    count: int,
    cells: Callable[[int], Sequence[str]],
    source: Source,
    place: Location,
    *,
    lists: bool = False,
    has_header: bool = False,
) -> Columns:
    """Decide the roles of the columns of a table.

    Args:
        names: (count,) The names of the columns, or none.
        count: The number of columns.
        cells: Returns the cells of a column in the first rows, or none where they are numbers.
        source: The table: what is asked for, and what the user says about it.
        place: Where the names stand.
        lists: Whether a column may hold a list of all logits in each row.
        has_header: Whether the names were detected in the first line of a text.

    Raises:
        InputError: A column that the user names does not exist, several may be the targets, or
            several classes have one name.
    """
    role = source.roles[0] if source.roles else ""
    table = _TableHead(tuple(names), count, cells, source.options, place, ColumnContent(cells))
    keys = table.keys(needed=role in ("logits", "targets"))
    chosen = table.chosen_indexes(needed=role == "logits")
    target = table.target({*keys, *chosen}, needed="targets" in source.roles)
    whole = table.lists() if lists and role == "logits" else ()
    indexes = () if whole else table.indexes(chosen, keys, target)
    others = tuple(x for x in range(count) if x not in (*indexes, *keys, target))
    notes = (*table.header_notes(has_header=has_header), *table.index_notes(indexes))
    classes = source.options.class_names
    if role == "targets":
        arrays = {"targets": table.targets(target, others)}
        table.require_names(arrays["targets"], classes)
        classes, found = table.named_by_labels(arrays["targets"], classes)
        notes += found
    elif role != "logits":  # a list of numbers
        arrays, classes = {"": others if others or target is None else (target,)}, ()
    else:
        missing = target is None and "targets" in source.roles
        logits = whole or replace(table, needs_targets=missing).logits(others)
        arrays = {"logits": logits} if whole else {"": logits}
        notes += () if whole else table.left_out_notes(others, logits)
        if target is not None:
            used = "targets" in source.roles
            notes += table.target_notes(target, used=used)
            if used or not logits:
                arrays = {"logits": logits} if logits else {}
                arrays["targets"] = (target,)
        require_count(() if whole else classes, len(logits))
        classes = classes or table.classes(logits)
        if "targets" in arrays:
            table.require_names(arrays["targets"], classes)
            classes, found = table.named_by_labels(arrays["targets"], classes)
            notes += found
    if keys:
        arrays["keys"] = keys
    is_read = bytearray(count)  # a set of four million columns would take 400 MB
    for column in chain(*arrays.values()):
        is_read[column] = True
    passed_over = tuple(column for column in range(count) if not is_read[column])
    suspects: tuple[str, ...] = ()
    if target is None and role == "logits":
        suspects = table.suspects([x for x in passed_over if x not in chosen], classes, len(logits))
    return Columns(count, table.names, arrays, indexes, passed_over, classes, suspects, notes)


@dataclass(frozen=True, slots=True)
class _TableHead:
    """The names and the first cells of a table, and one decision per method."""

    names: tuple[str, ...]
    count: int
    cells: Callable[[int], Sequence[str]]
    options: ReadOptions
    place: Location
    content: ColumnContent
    needs_targets: bool = False

    def keys(self, *, needed: bool) -> tuple[int, ...]:
        """Return the column by which rows are joined, where they are."""
        if self.options.keys is None:
            return ()
        # Sample weights may as well stand in the order of the logits.
        key = self._column(self.options.keys.column, "--join", needed=needed)
        return () if key is None else (key,)

    def chosen_indexes(self, *, needed: bool) -> set[int]:
        """Return the columns that the user passes over."""
        wanted = self.options.index_columns
        chosen = (self._column(name, "--index-column", needed=needed) for name in wanted)
        return {column for column in chosen if column is not None}

    def target(self, others: set[int], *, needed: bool) -> int | None:
        """Return the column of targets that the user names, or that has a usual name."""
        wanted = self.options.targets_key
        if wanted is not None and (needed or wanted in self.names):
            return self._column(wanted, "--target-column", needed=needed)
        names = {x: name for x, name in enumerate(self.names) if x not in others}
        if self._is_of_libsvm():
            names.pop(0, None)
        found = [x for x, name in names.items() if is_target_name(name, self.names)]
        if len(found) > 1:
            raise InputError(
                Code.INVALID_HEADER,
                f"several columns may hold the targets: {listed([self.names[x] for x in found])}",
                self.place,
                f"choose one with --target-column {shlex.quote(self.names[found[0]])}",
                options=("--target-column", self.names[found[0]]),
            )
        return found[0] if found else None

    def _is_of_libsvm(self) -> bool:
        """Whether the first column holds predictions: libsvm calls them labels beside 0, 1, 2."""
        first, *rest = self.names or ("",)
        return first == "labels" and len(rest) > 1 and all(map(str.isdecimal, rest))

    def lists(self) -> tuple[int, ...]:
        """Return the column of lists that the user names, or that is called "logits"."""
        wanted = self.options.logits_key
        if wanted is None:
            return (self.names.index(_LOGITS_NAME),) if _LOGITS_NAME in self.names else ()
        column = self._column(wanted, "--logits-key", needed=True)
        return () if column is None else (column,)

    def indexes(
        self, chosen: set[int], keys: tuple[int, ...], target: int | None
    ) -> tuple[int, ...]:
        """Return the columns on the left that number or name the rows, and the chosen ones."""
        candidates = [x for x in range(len(self.names)) if x not in (*keys, target)]
        found = [*takewhile(lambda x: self._is_index(x, target), candidates)]
        if found and target is None and len(found) == len(candidates):
            found.pop()
        return tuple(sorted({*found, *chosen}))

    def logits(self, others: tuple[int, ...]) -> tuple[int, ...]:
        """Return the columns of the classes: those the user names, or those that look like it.

        Names decide first: a column called as predictions, file names and the like are is no
        class. Then content decides: of columns with names of two kinds, the kind whose numbers
        sum to 1 in the first rows holds the classes.

        Raises:
            InputError: No column holds a score, or names and content do not decide.
        """
        if self.options.class_columns:
            return self._class_columns(others)
        self._require_numbers(others)
        names = {x: self.names[x] for x in others} if self.names else {}
        numeric = self._without_words(others)
        family = tuple(numeric[x] for x in score_family([names[x] for x in numeric if names]))
        members = {*family}
        scores = tuple(x for x in numeric if x in members or not self._is_no_class(x))
        scores = scores or self._called_predictions(numeric)
        if others and not scores:
            raise InputError(
                Code.NO_SCORES,
                f"there are no scores in {self.place.source}, but {listed([*names.values()])}",
                self.place,
                "cross-entropy needs a score or probability for each class, and cannot be "
                "calculated from predicted labels",
            )
        others = tuple(x for x in scores if x not in members)
        if not family or not others:
            return self._without_counts(self._summing_part(scores))
        candidates = [part for part in (family, others) if self.content.sum_to_one(part)]
        if len(candidates) == 1:
            return candidates[0]
        if self.content.sum_to_one(scores):
            return scores
        raise InputError(
            Code.CLASSES_UNCLEAR,
            f"some columns of {self.place.source} are named like scores of classes, "
            f"{listed([names[x] for x in family])}, and others are not: "
            f"{listed([names[x] for x in others])}",
            self.place,
            f"name the columns of the classes: --class-columns '{self._pattern(family)}', or "
            f"leave the others out: --index-column {shlex.quote(names[others[0]])}",
            options=("--class-columns", self._pattern(family)),
        )

    def _require_numbers(self, columns: tuple[int, ...]) -> None:
        """Refuse a column of words alone, which holds labels.

        Raises:
            InputError: There is one column, of words.
        """
        cells = self.cells(columns[0]) if len(columns) == 1 else ()
        are_predictions = bool(self.names and columns) and self._is_no_class(columns[0])
        if len(cells) < 2 or are_predictions or not self.content.are_names(columns[0]):
            return
        source = self.place.source
        raise InputError(
            Code.NO_SCORES,
            f"{source} holds words, {listed([*dict.fromkeys(cells)])}: these are labels, not "
            "scores",
            self.place,
            f"give labels as TARGETS: xent compute LOGITS {shlex.quote(source)}",
        )

    def _is_no_class(self, column: int) -> bool:
        """Return whether a column is called as one that is no class, and its numbers agree.

        A class may be called correct, or loss: its score may be a fraction, or negative.
        """
        name = self.names[column] if self.names else ""
        if column == 0 and self._is_of_libsvm():
            return True
        if not name or not is_no_class_name(name):
            return False
        is_fraction = is_count_name(name) and self.content.has_decimals(column)
        return not is_fraction and min(self.content.numbers(column), default=0) >= 0

    def _class_columns(self, others: tuple[int, ...]) -> tuple[int, ...]:
        """Return the columns that the patterns of the user match, in their order in the table."""
        found: set[int] = set()
        for pattern in self._patterns():
            names = {x: self.names[x] for x in others} if self.names else {}
            matching = {x for x, name in names.items() if name == pattern}
            matching = matching or {x for x, name in names.items() if fnmatchcase(name, pattern)}
            if not matching and (column := self._number(pattern)) is not None:
                matching = {column}
            if not matching:
                raise InputError(
                    Code.INVALID_HEADER,
                    f"no column matches {pattern}",
                    self.place,
                    f"the columns are {listed(self.names) or f'0 to {self.count - 1}'}",
                )
            found |= matching
        return tuple(sorted(found))

    def _patterns(self) -> list[str]:
        """Return the patterns that the user gives for classes, of which lists are split."""
        given = self.options.class_columns
        return [
            one
            for each in given
            for one in ([each] if each in self.names else next(csv.reader([each]), []))
        ]

    def _called_predictions(self, columns: tuple[int, ...]) -> tuple[int, ...]:
        """Return the scores among columns that are all called as predictions.

        They are those that sum to 1; else y_pred may be a label or the probability of yes.
        """
        scores = tuple(x for x in columns if self.content.has_decimals(x))
        return scores if len(scores) > 1 and self.content.sum_to_one(scores) else scores[:1]

    def _without_words(self, scores: tuple[int, ...]) -> tuple[int, ...]:
        """Leave out the columns of words, such as labels, where the others hold numbers."""
        words = {x for x in scores if self.names and self.content.are_words(x)}
        if not words or len(words) == len(scores):
            return scores
        known = self._known_labels([self.names[x] for x in scores if x not in words])
        strange = {x for x in words if known.issuperset(self.cells(x)) or self.content.are_names(x)}
        return tuple(x for x in scores if x not in strange)

    def _known_labels(self, names: Sequence[str]) -> set[str]:
        """Return what labels may be called that are the names of some columns."""
        return {*names, *without_score_prefix(names), *without_affixes(names)}

    def _summing_part(self, scores: tuple[int, ...]) -> tuple[int, ...]:
        """Leave out columns without which all rows sum to 1.

        They are those of another range, or a few columns at the ends.
        """
        if len(scores) < 3 or not self.names or self.content.sum_to_one(scores):
            return scores
        within = tuple(
            x
            for x in scores
            if all(0 <= cell <= 1 for cell in self.content.numbers(x) or (math.nan,))
        )
        count = len(scores)
        most = _MOST_AT_ENDS if count <= _WIDE else 0
        lengths = range(count - 1, max(1, count - most - 1), -1)
        runs = (scores[at : at + n] for n in lengths for at in range(count - n + 1))
        parts = (part for part in (within, *runs) if 2 <= len(part) < count)
        return next(filter(self.content.sum_to_one, parts), scores)

    def _without_counts(self, scores: tuple[int, ...]) -> tuple[int, ...]:
        """Leave out columns of whole numbers that are no logits, where all others are decimals.

        Raises:
            InputError: There are such columns, and nothing says what they are.
        """
        if len(scores) < 3 or not self.names or self.content.sum_to_one(scores):
            return scores
        counts = tuple(x for x in scores if self.content.has_counts(x))
        rest = tuple(x for x in scores if x not in counts)
        if not counts or len(rest) < 2 or not all(map(self.content.is_decimal, rest)):
            return scores
        is_asked = self.options.targets_key is None and self.needs_targets
        strange = [x for x in counts if not self.content.is_argmax(x, rest)]
        if strange and not is_asked:
            name = self.names[strange[0]]
            low, high = min(self.content.numbers(strange[0])), max(self.content.numbers(strange[0]))
            raise InputError(
                Code.CLASSES_UNCLEAR,
                f"the column {name} of {self.place.source} holds whole numbers, {low:g} to "
                f"{high:g}, and the columns {listed([self.names[x] for x in rest])} decimals",
                self.place,
                f"leave the column out: --index-column {shlex.quote(name)}, or count it as a "
                f"class: --class-columns '*'",
                options=("--index-column", name),
            )
        return rest

    def suspects(
        self, left_out: Sequence[int], classes: tuple[str, ...], count: int
    ) -> tuple[str, ...]:
        """Return the names of columns that may hold targets: class numbers, or names of classes."""
        labels = self._known_labels(classes)
        found = [
            x
            for x in left_out
            if self.names
            and not is_no_class_name(self.names[x])
            and not is_prediction_name(self.names[x])
            and not is_index_name(self.names[x])
            and self.content.may_be_labels(x, labels, max(2, count))
        ]
        return tuple(self.names[x] for x in found)

    def _number(self, wanted: str) -> int | None:
        if re.fullmatch(r"-?\d{1,9}", wanted) and -self.count <= int(wanted) < self.count:
            return int(wanted) % self.count
        return None

    def _pattern(self, family: tuple[int, ...]) -> str:
        return os.path.commonprefix([self.names[x] for x in family]) + "*"  # noqa: RUF071  characters are meant

    def left_out_notes(
        self, others: tuple[int, ...], logits: tuple[int, ...]
    ) -> tuple[Diagnostic, ...]:
        """Tell of the columns that are not taken for classes, where nobody said so."""
        taken = {*logits}
        left_out = [self.names[x] for x in others if x not in taken] if self.names else []
        if not left_out or self.options.class_columns:
            return ()
        noun, verb = (
            ("column", "is no class") if len(left_out) == 1 else ("columns", "are no classes")
        )
        return (
            Diagnostic(
                Code.COLUMNS_LEFT_OUT,
                f"the {noun} {listed(left_out)} of {self.place.source} {verb} and left out",
                hint="--class-columns names the columns of the classes",
            ),
        )

    def targets(self, target: int | None, others: tuple[int, ...]) -> tuple[int, ...]:
        """Return the column of targets, or those of probabilities, in the order of the classes."""
        if target is not None:
            return (target,)
        self._require_one_role(others)
        classes = self.options.class_names
        columns = {self.names[x]: x for x in others} if self.names else {}
        if classes and columns.keys() == {*classes}:
            return tuple(columns[name] for name in classes)
        return others

    def _require_one_role(self, columns: tuple[int, ...]) -> None:
        """Refuse columns that are neither one target per row nor a probability per class.

        Raises:
            InputError: Some columns hold words beside others, or they are not as many as classes.
        """
        count = self.options.class_count
        is_probable = count in (None, len(columns)) and not any(
            map(self.content.are_words, columns)
        )
        if not self.names or len(columns) < 2 or is_probable:
            return
        suspects = self.suspects(columns, self.options.class_names, count or 2)
        name = (suspects or [self.names[x] for x in columns])[0]
        raise InputError(
            Code.INVALID_HEADER,
            f"no column of {self.place.source} is called as targets are: "
            f"{listed([self.names[x] for x in columns])}",
            self.place,
            f"if the targets are the column {name}: --target-column {shlex.quote(name)}",
            options=("--target-column", name) if suspects else (),
        )

    def classes(self, logits: tuple[int, ...]) -> tuple[str, ...]:
        """Return the names of the columns of the logits."""
        names = without_score_prefix([self.names[x] for x in logits] if self.names else [])
        for name, count in Counter(names).most_common(1):
            if count > 1:
                raise InputError(
                    Code.INVALID_HEADER,
                    f"several columns have the name {name!r}",
                    self.place,
                    "each class needs its own name, which identifies its column",
                )
        return names

    def require_names(self, targets: tuple[int, ...], classes: tuple[str, ...]) -> None:
        """Refuse labels that are words where the classes have no names."""
        cells = self.cells(targets[0]) if len(targets) == 1 and not classes else ()
        if len(cells) < 2 or not all(map(is_name, cells)) or yes_no_codes(cells):
            return
        labels = {*cells}
        # Without the names of the classes a header over labels looks like one of them.
        if len(labels) - 1 == self.options.class_count and cells[0] not in cells[1:]:
            labels.discard(cells[0])
        raise InputError(
            Code.NOT_A_NUMBER,
            f"the targets of {self.place.source} are words, {listed(sorted(labels))}, and the "
            "logits have no class names",
            self.place,
            names_option([*labels]),
            options=("--class-names", ",".join(sorted(labels))),
        )

    def named_by_labels(
        self, targets: tuple[int, ...], classes: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
        """Return the names of the classes as the labels have them, and a note where they differ.

        Labels cat and dog belong to the columns score:cat, score:dog, whose names have the rest in
        common.
        """
        words = self.content.are_words(targets[0]) if len(targets) == 1 else False
        bare = without_affixes(classes) if words else ()
        cells = {*self.cells(targets[0])} if words else set()
        if len(classes) < 2 or {*classes} & cells or not cells or not cells <= {*bare}:
            return classes, ()
        pairs = [f"{name} is {whole}" for name, whole in zip(bare, classes, strict=True)]
        note = Diagnostic(
            Code.NAMES_SHORTENED,
            f"the targets of {self.place.source} name the classes without what their columns have "
            f"in common: {listed(pairs)}",
        )
        return bare, (note,)

    def header_notes(self, *, has_header: bool) -> tuple[Diagnostic, ...]:
        """Tell of a header of numbers that nobody chose."""
        counts = has_header and len(self.names) > 1 and all(map(str.isdecimal, self.names))
        header = Diagnostic(
            Code.HEADER_ASSUMED,
            f"the first line of {self.place.source}, {listed(self.names)}, is read as a header",
            hint="--header no reads it as numbers",
        )
        return (header,) if counts and self.options.header is None else ()

    def index_notes(self, indexes: tuple[int, ...]) -> tuple[Diagnostic, ...]:
        """Tell of each index that nobody chose."""
        found = [] if self.options.index_columns else [self.names[x] for x in indexes]
        which = [f"column {name}" if name else "first column, without a name," for name in found]
        return tuple(
            Diagnostic(
                Code.INDEX_LEFT_OUT,
                f"the {column} of {self.place.source} is read as an index and left out",
            )
            for column in which
        )

    def target_notes(self, target: int, *, used: bool) -> tuple[Diagnostic, ...]:
        """Tell of a column of targets beside the logits that nobody chose."""
        if self.options.targets_key is not None:
            return ()
        source, name = self.place.source, self.names[target]
        if used:
            note = f"the targets are the column {name} of {source}; --target-column names another"
            return (Diagnostic(Code.TARGET_COLUMN_CHOSEN, note),)
        note = f"{source} also holds targets, in its column {name}, which are not used"
        return (Diagnostic(Code.TARGETS_UNUSED, note),)

    def _is_index(self, column: int, target: int | None) -> bool:
        """Return whether a column is named like an index, or names each row."""
        if is_index_name(self.names[column]):
            return True
        if is_target_name(self.names[column], self.names) or (
            target is not None and column > target
        ):
            return False
        cells = self.cells(column)
        return (
            self.content.are_names(column)
            and not any(cell.lower() in MISSING for cell in cells)
            and not {*self.options.class_names, *self.names} & {*cells}
        )

    def _column(self, wanted: str, option: str, *, needed: bool) -> int | None:
        """Return the column that the user names, or None if it may be one of another file."""
        if wanted in self.names:
            return self.names.index(wanted)
        number = self._number(wanted)
        if number is not None:
            return number if needed or self.count > 1 else None
        if not needed:
            return None
        there = listed(self.names) if self.names else f"0 to {self.count - 1}"
        raise InputError(
            Code.INVALID_HEADER,
            f"there is no column {wanted}; the columns are {there}",
            self.place,
            f"{option} takes a name from the header, or a number counted from 0",
        )
