"""What the columns of a text are: names in a header, an index, the targets, the logits."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from math import isfinite

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.sources.reading import Reading
from xent.inputs.sources.source import Source

# Columns with these names are no logits, whoever wrote the file; pandas leaves the first empty.
TARGET_NAMES = ("targets", "target", "labels", "label", "y", "y_true", "class")
INDEX_NAME = re.compile(r"|(?i:index|unnamed: 0|(?:.*_)?id)|.*[a-z]I[dD]")
# The numbers that loadtxt reads: no hexadecimal, no digit separators, ASCII digits alone. No digit
# is tried twice, however many there are.
NUMBER = re.compile(
    r"[+-]?(?:(?:\d++\.?\d*+|\.\d++)(?:e[+-]?\d++)?|inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII
)
MISSING = {"", "na", "n/a", "#n/a", "null", "none", "-", "?"}
# What begins like a name, and is `nan(ind)`, `sNaN` or `infin` instead.
_NO_NAME = re.compile(r"(?:[qs]?nan[qs]?|inf|infin\w*)(?![^\W\d_])", re.IGNORECASE)
# A number with a letter for a digit is none.
_WORD = re.compile(r"[^\W\d_]{2}")
_NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a text, by number.

    Attributes:
        width: How many there are.
        names: What the header calls them; none without a header.
        arrays: The columns of each array, by its name; the logits need none where they are alone.
        indexes: The columns that number or name the rows.
        passed_over: These, and all others that belong to no array: anything may stand there.
        classes: The names of the classes, in the order of the logits; none where not known.
        notes: What the user should know about how the columns were taken.
    """

    width: int = 0
    names: tuple[str, ...] = ()
    arrays: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    indexes: tuple[int, ...] = ()
    passed_over: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    notes: tuple[Diagnostic, ...] = ()

    @property
    def key(self) -> int | None:
        """The column by which rows are joined."""
        columns = self.arrays.get("keys")
        return columns[0] if columns else None

    @property
    def target(self) -> int | None:
        """The one column of targets; None of several."""
        columns = self.arrays.get("targets", ())
        return columns[0] if len(columns) == 1 else None

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], source: Source, place: Location) -> "Table":
        """Tell the columns by the cells of the first rows.

        Args:
            rows: The cells of the first row, which may be a header, and of some that follow.
            source: What is sought there, and what the user says about it.
            place: Where the first row stands.

        Raises:
            InputError: A column that the user names is not there, or it cannot be told which one
                is meant.
        """
        first, second = rows[0], rows[1] if len(rows) > 1 else ()
        reading = source.reading
        wanted = reading.header
        if wanted is None:
            wanted = any(name in first and not NUMBER.fullmatch(name) for name in reading.columns)
            wanted = wanted or is_header(first, second, reading.class_names)
        if not wanted:
            return _Columns((), len(first), (), place).table(source)
        # numpy.savetxt makes a comment of its header.
        first = [first[0].removeprefix("# "), *first[1:]]
        # R gives no name to the column with the names of the rows.
        names = ("", *first) if len(second) == len(first) + 1 else tuple(first)
        return _Columns(names, len(names), rows[1:], place).table(source)


def is_header(first: Sequence[str], second: Sequence[str], classes: Sequence[str] = ()) -> bool:
    """Whether the first of two rows holds names, by a rule that looks at these two alone.

    Names are no numbers and stand over numbers, or one of them is usual for targets or an index;
    beside such a one, numbers may count the columns, as pandas names columns that have no name. A
    first cell without anything is pandas' name of its index. A word among other numbers is none,
    and no more is a number with a decimal comma. Of targets whose classes have names, what is
    none of them but stands over one is a header. What is no number and no name either, such as
    1_000, is data, and will be refused as that.
    """
    if any("," in cell and NUMBER.fullmatch(cell.replace(",", ".", 1)) for cell in first):
        return False
    numbers = [cell for cell in first if NUMBER.fullmatch(cell)]
    words = [cell for cell in first if not NUMBER.fullmatch(cell) and cell.lower() not in MISSING]
    from_0, from_1 = ([*map(str, range(at, at + len(numbers)))] for at in (0, 1))
    unnamed = bool(not first[0] and len(first) > 1 and second and second[0])
    if len(words) + len(numbers) + unnamed < len(first) or numbers not in (from_0, from_1):
        return False
    names = all(map(_is_name, words))
    if unnamed:
        return names and (not numbers or numbers == from_0)
    if any(word.lower() in TARGET_NAMES or INDEX_NAME.fullmatch(word) for word in words):
        return True
    if {*classes} & {*second}:
        return not {*classes} & {*first}
    return names and not numbers and any(map(NUMBER.fullmatch, second))


def _is_name(word: str) -> bool:
    """Whether a word begins with a letter, behind a bracket or so, and is no mistaken number."""
    bare = word.removeprefix("# ").lstrip("([{<_")
    return bare[:1].isalpha() and not bare.isnumeric() and not _NO_NAME.match(bare)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns that have names, or none."""

    names: tuple[str, ...]
    count: int
    rows: Sequence[Sequence[str]]
    place: Location

    def table(self, source: Source) -> Table:
        """What they are, for whom who seeks `source.roles` in them."""
        reading, role = source.reading, source.roles[0] if source.roles else ""
        wanted = "targets" in source.roles
        keys = self._keys(source)
        indexes = self._indexes(reading, *keys, needed=role == "logits")
        target = self._target(reading.targets_key, (*indexes, *keys), needed=wanted)
        others = tuple(x for x in range(self.count) if x not in (*indexes, *keys, target))
        notes = self._index_notes(indexes, reading.index_columns)
        by_key = {"keys": keys} if keys else {}
        if role == "targets":
            chosen = self._of_targets(others, target, reading.class_names)
            arrays = {"targets": chosen, **by_key}
            return self._table(arrays, indexes, reading.class_names, notes)
        if role != "logits":  # a list of numbers
            chosen = others if others or target is None else (target,)
            return self._table({"": chosen, **by_key}, indexes, (), notes)
        if target is not None and reading.targets_key is None:
            notes = (*notes, self._target_note(target, used=wanted))
        arrays = {"": others}
        if target is not None and (wanted or not others):
            arrays = {"logits": others, "targets": (target,)} if others else {"targets": (target,)}
        return self._table({**arrays, **by_key}, indexes, self._classes(others), notes)

    def _table(
        self,
        arrays: Mapping[str, tuple[int, ...]],
        indexes: tuple[int, ...],
        classes: tuple[str, ...],
        notes: tuple[Diagnostic, ...],
    ) -> Table:
        passed_over = sorted(set(range(self.count)).difference(*arrays.values()))
        return Table(self.count, self.names, arrays, indexes, tuple(passed_over), classes, notes)

    def _classes(self, logits: tuple[int, ...]) -> tuple[str, ...]:
        """The names of the columns of the logits."""
        names = tuple(self.names[x] for x in logits) if self.names else ()
        for name, count in Counter(names).most_common(1):
            if count > 1:
                raise InputError(
                    Code.INVALID_HEADER,
                    f"several columns are called {name!r}",
                    self.place,
                    "the name of a class tells its column: give each its own",
                )
        return names

    def _keys(self, source: Source) -> tuple[int, ...]:
        """The column by which rows are joined, where they are."""
        if source.reading.keys is None:
            return ()
        # Sample weights may as well stand in the order of the logits.
        needed = source.roles[:1] in (("logits",), ("targets",))
        key = self._column(source.reading.keys.column, "--join", needed=needed)
        return () if key is None else (key,)

    def _is_index(self, column: int, reading: Reading) -> bool:
        """Whether it is called like an index, or holds a name in each row that is no class."""
        name = self.names[column]
        if INDEX_NAME.fullmatch(name):
            return True
        if name == reading.targets_key or name.lower() in TARGET_NAMES:
            return False
        cells = [row[column] for row in self.rows if column < len(row)]
        return (
            bool(cells)
            and all(
                _is_name(cell) and _WORD.search(cell) and cell.lower() not in MISSING
                for cell in cells
            )
            and not {*reading.class_names, *self.names} & {*cells}
        )

    def _indexes(self, reading: Reading, *keys: int, needed: bool) -> tuple[int, ...]:
        """The columns before all others that number or name rows, and those that the user names."""
        others = (x for x in range(len(self.names)) if x not in keys)
        found = [*takewhile(lambda x: self._is_index(x, reading), others)]
        if len(found) + len(keys) == self.count and found:
            found.pop()
        wanted = reading.index_columns
        chosen = (self._column(name, "--index-column", needed=needed) for name in wanted)
        return tuple(sorted({*found, *(column for column in chosen if column is not None)}))

    def _target(self, wanted: str | None, indexes: tuple[int, ...], *, needed: bool) -> int | None:
        if wanted is not None and (needed or wanted in self.names):
            return self._column(wanted, "--target-column", needed=needed)
        names = {x: name for x, name in enumerate(self.names) if x not in indexes}
        found = [x for x, name in names.items() if name.lower() in TARGET_NAMES]
        if len(found) > 1:
            raise InputError(
                Code.INVALID_HEADER,
                f"several columns may be the targets: {listed([self.names[x] for x in found])}",
                self.place,
                f"say which: --target-column {self.names[found[0]]}",
            )
        return found[0] if found else None

    def _column(self, wanted: str, option: str, *, needed: bool) -> int | None:
        """The number of a column that the user names; None where it may be that of another file."""
        if wanted in self.names:
            return self.names.index(wanted)
        if re.fullmatch(r"-?\d{1,9}", wanted) and -self.count <= int(wanted) < self.count:
            return int(wanted) % self.count if needed or self.count > 1 else None
        if not needed:
            return None
        there = listed(self.names) if self.names else f"0 to {self.count - 1}"
        raise InputError(
            Code.INVALID_HEADER,
            f"there is no column {wanted}; the columns are {there}",
            self.place,
            f"{option} takes a name from the header, or a number from 0",
        )

    def _of_targets(
        self, others: tuple[int, ...], target: int | None, classes: tuple[str, ...]
    ) -> tuple[int, ...]:
        """The one column of targets; or, of probabilities, those of the classes in their order."""
        if target is not None:
            return (target,)
        columns = {self.names[x]: x for x in others} if self.names else {}
        if classes and columns.keys() == {*classes}:
            return tuple(columns[name] for name in classes)
        return others

    def _index_notes(
        self, indexes: tuple[int, ...], wanted: Sequence[str]
    ) -> tuple[Diagnostic, ...]:
        found = [] if wanted else [self.names[x] for x in indexes]
        which = [f"column {name}" if name else "first column, without a name," for name in found]
        return tuple(
            Diagnostic(
                Code.INDEX_LEFT_OUT,
                f"the {column} of {self.place.source} is taken for an index and left out",
            )
            for column in which
        )

    def _target_note(self, target: int, *, used: bool) -> Diagnostic:
        source, name = self.place.source, self.names[target]
        if used:
            note = f"the targets are the column {name} of {source}; --target-column names another"
            return Diagnostic(Code.TARGET_COLUMN_CHOSEN, note)
        note = f"{source} holds targets too, in its column {name}: they are not used"
        return Diagnostic(Code.TARGETS_UNUSED, note)


def class_number(name: str, codes: Mapping[str, int]) -> float:
    """The number of the class that a target names, or of no class, such as -100.

    Raises:
        ValueError: There is no such class.
    """
    if name in codes:
        return codes[name]
    if not NUMBER.fullmatch(name) or not isfinite(number := float(name)):
        raise ValueError(name)
    if str(int(number)) in codes:
        return codes[str(int(number))]
    if number >= 0 or number != int(number):
        raise ValueError(name)
    return number  # for a row that is ignored


def quoted(cell: str, limit: int = 40) -> str:
    """A cell in a sentence, or its beginning."""
    return repr(cell) if len(cell) <= limit else repr(cell[:limit]) + "…"


def listed(names: Sequence[str]) -> str:
    """The first of many names, in a sentence."""
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
