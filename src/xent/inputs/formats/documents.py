"""Documents of nested values, such as JSON: which of their values are logits and targets.

A document is a matrix, an object of arrays, or a table of records. The roles of the arrays of an
object are those of `array_names`, and the roles of the columns of a table those of `columns`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.batch import Block
from xent.inputs.columns import decide_columns
from xent.inputs.formats.array import Array, tee
from xent.inputs.formats.array_names import USUAL_NAMES, ArrayRoles, array_roles, kind_of
from xent.inputs.formats.cells import listed, yes_no_codes
from xent.inputs.formats.nested import Place, Rows
from xent.inputs.formats.records import (
    ClassScores,
    class_scores,
    frame_records,
    is_best_label,
    is_scored,
    plain_records,
)
from xent.inputs.read_options import Keys
from xent.inputs.sources.source import Source
from xent.settings import InputKind

_CLASS_NAMES = "class_names"
# Rows whose cells tell an index.
_ROWS_LOOKED_AT = 100


def arrays_of(document: Any, place: Place, source: Source) -> dict[str, Array]:  # noqa: ANN401  any nested value
    """Return the arrays of a document that are asked for.

    Args:
        document: Nested lists and objects of numbers and strings.
        place: Locates the value that a path leads to.
        source: The document's source: what is asked for, and what the user says about it.

    Raises:
        InputError: The values are not arrays, or it is not known which is which.
    """
    rows = _rows(document, place, source)
    if rows is None:
        return _arrays_of_object(document, place, source)
    reader = RowReader.of(rows, source)
    found = reader.arrays(rows)
    return reader.applied(
        {role: Array.of_block(source.name, rows.block()) for role, rows in found.items()}
    )


def arrays_of_lines(pieces: Iterator[Rows], source: Source) -> dict[str, Array]:
    """Return the arrays of a document of a row per line, read some lines at a time.

    Args:
        pieces: The rows of the lines.
        source: The document's source, as in `arrays_of`.

    Raises:
        InputError: It is not known which values are which.
    """
    first = next(pieces, None)
    if first is None:
        return {"": Array.of_rows(source.name, iter(()))}
    reader = RowReader.of(first, source)
    # All arrays come from the same lines, and are consumed in step.
    streams = tee(map(reader.arrays, chain([first], pieces)), len(reader.roles))
    return reader.applied(
        {
            role: Array.of_rows(source.name, _blocks(role, stream))
            for role, stream in zip(reader.roles, streams, strict=True)
        }
    )


def _blocks(role: str, pieces: Iterator[dict[str, Rows]]) -> Iterator[Block]:
    for piece in pieces:
        yield piece[role].block()


@dataclass(frozen=True, slots=True)
class RowReader:
    """How rows of nested values are read: all that is decided from the first of them.

    Attributes:
        roles: The name of each array, and the fields of a record that it is made of; none of a
            row that is the array itself.
        lists: Whether a field holds all logits of a record.
        found: What the names of the fields tell.
        classes: The names of the classes, in the order of the logits.
        codes: The number of each class by its name, where targets may be names.
        kind: The kind of numbers that the logits are, where that is known.
        keys: The keys of rows, where rows are joined by them.
        wanted: The name that the user gives to the field of the logits.
    """

    roles: Mapping[str, tuple[str, ...]]
    lists: bool = True
    found: ArrayRoles = field(default_factory=lambda: ArrayRoles({}))
    classes: tuple[str, ...] = ()
    codes: Mapping[str, int] = field(default_factory=dict)
    kind: InputKind | None = None
    keys: Keys | None = None
    wanted: str | None = None

    @classmethod
    def of(cls, rows: Rows, source: Source) -> "RowReader":
        """Decide how rows are read, from the first of them.

        Raises:
            InputError: It is not known which fields are the logits or the targets.
        """
        if not rows.rows:
            raise InputError(Code.EMPTY_INPUT, f"there are no rows in {source.name}")
        if is_best_label(rows.rows[0]) and source.roles[:1] == ("logits",):
            raise InputError(
                Code.WRONG_SHAPE,
                "this is the score of the best label only; the loss needs the scores of all labels",
                rows.place(0),
                "call the pipeline with top_k=None",
            )
        given, wanted = rows.rows[0], source.options.logits_key
        rows = plain_records(rows, wanted)
        first, options = rows.rows[0], source.options
        codes: Mapping[str, int]
        codes = {name: number for number, name in enumerate(options.class_names)}
        is_output = is_scored(given)
        if not isinstance(first, dict):
            is_target = source.roles[:1] == ("targets",)
            return cls({"": ()}, codes=_codes(rows.rows, codes) if is_target else {})
        if scores := class_scores(given, wanted):
            return cls._of_class_scores(rows, source, scores)
        if not _has_arrays(first, source):
            return cls._of_table(rows, source, "probs" if is_output else None)
        fields = [name for name in first if name != _CLASS_NAMES]
        found = array_roles(
            fields, source.sought, rows.place(0), lambda name: _shape([first[name]])
        )
        roles = {role: (name,) for role, name in found.names.items()}
        if options.keys and options.keys.column in first:
            roles["keys"] = (options.keys.column,)
        codes = _codes(_values(rows, roles["targets"][0]), codes) if "targets" in roles else {}
        return cls(roles, found=found, codes=codes, keys=options.keys)

    @classmethod
    def _of_class_scores(cls, rows: Rows, source: Source, scores: ClassScores) -> "RowReader":
        """Decide how records are read of which one field holds the score of each class."""
        options = source.options
        chosen = options.class_columns or scores.classes
        source = replace(source, options=replace(options, class_columns=chosen))
        reader = cls._of_table(rows, source, kind_of(scores.field))
        found = reader.found
        if options.logits_key is None:
            message = (
                f"in {source.name} the logits are the scores in {scores.field}, of the classes "
                f"{listed(scores.classes)}; --logits-key names another field"
            )
            note = Diagnostic(Code.ARRAYS_CHOSEN, message)
            found = replace(found, notes=(note, *found.notes))
        return replace(reader, found=found, wanted=options.logits_key)

    @classmethod
    def _of_table(cls, rows: Rows, source: Source, kind: InputKind | None) -> "RowReader":
        names = [*rows.rows[0]]
        if not names:
            raise InputError(Code.MISSING_ARRAY, "this record is empty", rows.place(0))
        first = rows.rows[:_ROWS_LOOKED_AT]
        columns = decide_columns(
            names,
            len(names),
            lambda column: [_cell(row, names[column]) for row in first],
            source,
            rows.place(0),
        )
        roles = {
            role: tuple(names[column] for column in chosen)
            for role, chosen in columns.arrays.items()
            if chosen
        }
        codes: Mapping[str, int]
        codes = {name: number for number, name in enumerate(columns.classes)}
        target = columns.target
        codes = {} if target is None else _codes(_values(rows, names[target]), codes)
        found = ArrayRoles({}, columns.notes)
        keys = source.options.keys
        return cls(
            roles,
            lists=False,
            found=found,
            classes=columns.classes,
            codes=codes,
            kind=kind,
            keys=keys,
        )

    def arrays(self, rows: Rows) -> dict[str, Rows]:
        """Return the rows of each array."""
        rows = plain_records(rows, self.wanted)
        found = {role: self._array(role, rows) for role in self.roles}
        if self.codes and self._targets in found:
            found[self._targets] = found[self._targets].coded(self.codes)
        return found

    @property
    def _targets(self) -> str:
        """Return the role of the targets; "" where the rows are targets."""
        return "targets" if "targets" in self.roles or self.classes else ""

    def applied(self, arrays: dict[str, Array]) -> dict[str, Array]:
        """Return arrays by role with what was decided about them."""
        found = self.found.applied(arrays)
        for role in ("logits", ""):
            if role in found and self.classes:
                found[role] = replace(found[role], class_names=self.classes)
            if role in found and self.kind:
                found[role] = replace(found[role], kind=self.kind)
        if self.codes and self._targets in found:
            found[self._targets] = replace(found[self._targets], named=True)
        return found

    def _array(self, role: str, rows: Rows) -> Rows:
        names = self.roles[role]
        if not names:
            if isinstance(rows.rows[0], dict):
                raise _other_kind(rows)
            return rows
        if not isinstance(rows.rows[0], dict):
            raise _other_kind(rows)
        if role == "keys" and self.keys:
            return rows.field(names[0]).numbered(self.keys)
        if self.lists or (role == "targets" and len(names) == 1):
            return rows.field(names[0])
        return rows.fields(names)


def _rows(document: Any, place: Place, source: Source) -> Rows | None:  # noqa: ANN401  as above
    """Return the rows of a document; None where it is an object of arrays."""
    if isinstance(document, dict):
        return None if _is_named(document, source) else frame_records(document, place)
    if not isinstance(document, list):  # a single target
        return Rows([document], lambda _: place())
    if not document:
        raise InputError(Code.EMPTY_INPUT, "this list is empty", place())
    return Rows(document, place)


def _arrays_of_object(
    document: Mapping[str, Any], place: Place, source: Source
) -> dict[str, Array]:
    """Return the arrays of an object that holds each under its name."""
    keys, options = source.options.keys, source.options
    fields = [name for name in document if name != _CLASS_NAMES]
    found = array_roles(fields, source.sought, place(), lambda name: _shape(document[name]))
    classes = _class_names(document, place)
    codes = {name: number for number, name in enumerate(classes or options.class_names)}
    rows = {}
    for role, name in found.names.items():
        own = _array(document[name], partial(place, name))
        rows[role] = own.coded(_codes(own.rows, codes)) if role == "targets" else own
    if keys and keys.column in document:
        column = keys.column
        rows["keys"] = _array(document[column], partial(place, column)).numbered(keys)
        _require_a_key_each(rows, keys.noun)
    arrays = {role: Array.of_block(source.name, own.block()) for role, own in rows.items()}
    if "logits" in arrays and classes:
        arrays["logits"] = replace(arrays["logits"], class_names=classes)
    if "targets" in arrays and rows["targets"].codes:
        arrays["targets"] = replace(arrays["targets"], named=True)
    return found.applied(arrays)


def _array(value: Any, place: Place) -> Rows:  # noqa: ANN401  as above
    if not isinstance(value, list):  # a single target
        return Rows([value], lambda _: place())
    if not value:
        raise InputError(Code.EMPTY_INPUT, "this list is empty", place())
    return Rows(value, place)


def _class_names(document: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    """Return the names of the classes that an object tells."""
    names = document.get(_CLASS_NAMES)
    if names is None:
        return ()
    if not isinstance(names, list) or len({*map(str, names)}) < len(names):
        raise InputError(
            Code.WRONG_SHAPE,
            "class_names must be a list with one unique name per class",
            place(_CLASS_NAMES),
        )
    return tuple(map(str, names))


def _has_arrays(record: Mapping[str, Any], source: Source) -> bool:
    """Return whether a record holds arrays by name, and is not a row of a table."""
    if any(isinstance(value, list) for value in record.values()):
        return True
    return _is_named(record, source)


def _is_named(names: Mapping[str, Any], source: Source) -> bool:
    """Return whether the array that is asked for first bears a name that says so."""
    role = source.roles[0] if source.roles else "logits"
    usual = USUAL_NAMES.get(role, ())
    return any(name in names for name in (source.options.key(role), *usual) if name is not None)


def _shape(value: Any) -> tuple[int, ...] | None:  # noqa: ANN401  as above
    """Return the shape of nested lists, by the first of each; None where they hold no numbers."""
    shape = []
    while isinstance(value, list) and value:
        shape.append(len(value))
        value = value[0]
    return tuple(shape) if isinstance(value, int | float | str) else None


def _cell(record: Any, name: str) -> str:  # noqa: ANN401  as above
    """Return a value as a text table would hold it."""
    value = record.get(name) if isinstance(record, dict) else None
    return "" if value is None else str(value)


def _values(rows: Rows, name: str) -> list[Any]:
    """Return one field of the first records."""
    first = rows.rows[:_ROWS_LOOKED_AT]
    return [record.get(name) for record in first if isinstance(record, dict)]


def _codes(targets: Sequence[Any], classes: Mapping[str, int]) -> Mapping[str, int]:
    """Return the number of each class by its name, where targets are names and not numbers."""
    words = [value for value in targets[:_ROWS_LOOKED_AT] if isinstance(value, str | bool)]
    if not words:
        return {}
    cells = [*map(str, words)]
    return classes if {*classes} & {*cells} else yes_no_codes(cells) or classes


def _other_kind(rows: Rows) -> InputError:
    return InputError(Code.MISSING_ARRAY, "the lines above have another form", rows.place(0))


def _require_a_key_each(arrays: Mapping[str, Rows], noun: str) -> None:
    keys = arrays["keys"]
    for role, rows in arrays.items():
        if len(rows.rows) != len(keys.rows):
            raise InputError(
                Code.COUNT_MISMATCH,
                f"{noun} has length {len(keys.rows)}, and {role} length {len(rows.rows)}",
                keys.locate(0),
                "each row needs a key to be joined",
            )
