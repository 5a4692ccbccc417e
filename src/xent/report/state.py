"""A report as a line of JSON, so that it can be merged with others at another time and place."""

import json
from collections.abc import Iterator
from dataclasses import Field, fields
from itertools import count
from math import isfinite
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.batch import ArrayOrigin, Batch, Block
from xent.inputs.sources.source import Source
from xent.losses.class_sums import ClassSums
from xent.losses.exact_sum import ExactProducts, ExactSum
from xent.losses.loss_sum import LossSum
from xent.report.anomalies import Anomalies
from xent.report.report import Report
from xent.report.stages import Rows
from xent.report.target_sums import TargetSums
from xent.report.trace import Trace
from xent.settings import LossSettings

SCHEMA = 1
# The sum of 2**64 squares of the largest double takes 1066 hexadecimal digits.
_MOST_DIGITS = 1100
# Bytes in a state: more than any has that shows a screenful of rows.
_LONGEST_LINE = 1 << 28
# More classes of labels than any row has.
_MOST_SHARES = 1 << 24
# Options that states of schema 1 did not always have.
_LATER = ("log_base",)
_STATES_HINT = "xent compute --format state writes states, one per line"

Object = dict[str, Any]


def state_line(report: Report) -> str:
    """Write a report exactly: sums as hexadecimal integers, doubles in their shortest form."""
    state = {
        "state": SCHEMA,
        "signature": report.signature,
        "settings": {
            each.name: _plain(report.settings, each.name) for each in fields(LossSettings)
        },
        "classes": report.classes,
        "sums": _sums_object(report.loss_sum),
        "trace": _trace_object(report.trace, report.settings),
        "oddities": report.anomalies.counts(),  # the key of schema 1
        **({} if report.target_sums is None else {"targets": _targets_object(report.target_sums)}),
        **(
            {}
            if report.groups is None
            else {"groups": {name: _sums_object(each) for name, each in report.groups.items()}}
        ),
        **({} if report.length is None else {"length": report.length}),
        "notes": [[note.code, note.message, note.hint] for note in report.notes],
    }
    return f"{json.dumps({**state, 'checksum': _checksum(state)})}\n"


def read_states(argument: str) -> Iterator[tuple[str, Report]]:
    """Yield each state in a file, or on standard input for `-`, with what messages call it.

    Raises:
        InputError: There is something else, or it is damaged.
    """
    source = Source.of(argument, "states")
    with source.open() as stream:
        for number in count(1):
            line = stream.readline(_LONGEST_LINE + 1)
            if not line:
                return
            place = Location(source.name, number)
            if len(line) > _LONGEST_LINE:
                raise InputError(
                    Code.LINE_TOO_LONG,
                    f"this line is longer than {_LONGEST_LINE >> 20} MiB",
                    place,
                    _STATES_HINT,
                )
            if line.strip():
                yield f"{source.name}:{number}" if number > 1 else source.name, _report(line, place)


def _unversioned(signature: str) -> str:
    """Return a signature without its last field, the version."""
    return signature.rpartition("|")[0]


def _report(line: bytes, place: Location) -> Report:
    try:
        state = json.loads(line)
        checksum = state.pop("checksum")
        if state["state"] != SCHEMA or checksum != _checksum(state):
            raise ValueError  # noqa: TRY301  one message for all that can be wrong
        settings = _settings(state["settings"])
        sums = _loss_sum(state["sums"])
        trace = _trace(state["trace"], sums.rows, state["classes"], settings)
        anomalies = Anomalies.of_counts(state["oddities"])
        notes = [
            Diagnostic(Code(code), _text(what), None, hint and _text(hint))
            for code, what, hint in state["notes"]
        ]
        report = Report(
            settings,
            state["classes"],
            sums,
            trace,
            anomalies,
            tuple(notes),
            target_sums=_target_sums(state.get("targets"), state["classes"]),
            groups=_groups(state.get("groups")),
            length=None if state.get("length") is None else _count(state["length"]),
        )
    except Exception:  # noqa: BLE001  anything may stand in a file
        raise InputError(
            Code.INVALID_STATE,
            "this line is not a state, or it is damaged",
            place,
            _STATES_HINT,
        ) from None
    # States of every version with this schema merge.
    if _unversioned(report.signature) != _unversioned(str(state["signature"])):
        raise InputError(
            Code.INVALID_STATE,
            f"the signature does not fit the state: {state['signature']}",
            place,
            "write the state again with --format state",
        )
    return report


def _checksum(state: Object) -> str:
    return f"{crc32(json.dumps(state).encode()):08x}"


def _plain(settings: LossSettings, name: str) -> Any:  # noqa: ANN401  any JSON value
    value = getattr(settings, name)
    return value.tolist() if isinstance(value, np.ndarray) else value


def _settings(found: Object) -> LossSettings:
    return LossSettings(**{each.name: _setting(found, each) for each in fields(LossSettings)})


def _setting(found: Object, field: Field[Any]) -> Any:  # noqa: ANN401  any JSON value
    # An option that came later has its default in states of before.
    value = found.get(field.name, field.default) if field.name in _LATER else found[field.name]
    match field.default:
        case None:  # a vector, or an axis
            if isinstance(value, list):
                return np.array([*map(float, value)])
            return None if value is None else _integer(value)
        case float():
            return float(value)
        case default if type(value) is type(default):
            return value
    raise TypeError


def _sums_object(sums: LossSum) -> Object:
    return {each.name: _sum_object(sums, each.name) for each in fields(LossSum)}


def _sum_object(sums: LossSum, name: str) -> Any:  # noqa: ANN401  as above
    match getattr(sums, name):
        case ExactSum() as total:
            return [hex(total.scaled), total.posinf, total.neginf, total.nans]
        case ExactProducts() as total:
            return hex(total.scaled)
        case number:
            return number


def _loss_sum(found: Object) -> LossSum:
    sums = LossSum(**{name: _sum(found[name], like) for name, like in vars(LossSum()).items()})
    # By Cauchy and Schwarz; else a variance may be negative.
    if (
        min(sums.squares.scaled, sums.weight_squares.scaled) < 0
        or sums.cross.scaled**2 > sums.squares.scaled * sums.weight_squares.scaled
    ):
        raise ValueError
    return sums


def _sum(value: Any, like: object) -> Any:  # noqa: ANN401  as above
    match like:
        case ExactSum():
            return ExactSum(_integer(value[0]), *map(_count, value[1:]))
        case ExactProducts():
            return ExactProducts(_integer(value))
    return _count(value)


def _groups(found: Object | None) -> dict[str, LossSum] | None:
    if found is None:
        return None
    return {_text(name): _loss_sum(each) for name, each in found.items()}


def _targets_object(sums: TargetSums) -> Object:
    least = sums.least
    return {
        "shape": [*sums.classes.shape],
        "classes": [[index, hex(value)] for index, value in sums.classes.scaled().items()],
        "least": [hex(least.scaled), least.posinf, least.neginf, least.nans],
    }


def _target_sums(found: Object | None, classes: int) -> TargetSums | None:
    """Return the sums of the targets; None in a state of before they were kept."""
    if found is None:
        return None
    least: ExactSum = _sum(found["least"], ExactSum())
    if not found["shape"]:
        return TargetSums(ClassSums(None), least)
    labels, own = map(_count, found["shape"])
    if own != classes or labels * own > _MOST_SHARES:
        raise ValueError
    scaled = {_count(index): _integer(value) for index, value in found["classes"]}
    return TargetSums(ClassSums.of_scaled(scaled, (labels, own)), least)


def _trace_object(trace: Trace, settings: LossSettings) -> Object:
    """Return what was given of the rows shown; the rest follows from it."""
    rows, base = trace.rows, int(settings.one_based)
    losses = rows.losses
    return {
        "head": trace.head,
        "tail": trace.tail,
        "logits": _spelled(rows.inputs),
        "targets": np.where(losses.counted, losses.targets + base, losses.targets).tolist()
        if rows.target_probs is None
        else _spelled(rows.target_probs),
        "sample_weight": None if rows.sample_weight is None else rows.sample_weight.tolist(),
    }


def _trace(found: Object, seen: int, classes: int, settings: LossSettings) -> Trace:
    head, tail = _count(found["head"]), _count(found["tail"])
    shown = min(seen, head + tail)
    if len(found["logits"]) != shown:  # before anything as long is made
        raise ValueError
    numbers = np.arange(shown)
    numbers[min(head, shown) :] += seen - shown
    targets = found["targets"]
    soft = bool(targets) and isinstance(targets[0], list)
    batch = Batch(
        Block(_doubles(found["logits"]).reshape(shown, _count(classes)), ArrayOrigin("")),
        Block(
            _doubles(targets).reshape(shown, classes) if soft else _integers(targets, shown),
            ArrayOrigin(""),
        ),
        None if found["sample_weight"] is None else _doubles(found["sample_weight"]).reshape(shown),
    )
    rows = Rows.of(batch, batch.losses(settings), slice(None))
    return Trace(head, tail, seen, numbers, rows)


def _spelled(values: NDArray[np.float64]) -> list[Any]:
    """Values as JSON has them; what it has no numbers for as strings."""
    return [[value if isfinite(value) else str(value) for value in row] for row in values.tolist()]


def _doubles(values: list[Any]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def _integers(values: list[Any], length: int) -> NDArray[np.int64]:
    return np.array([_integer(value) for value in values], dtype=np.int64).reshape(length)


def _integer(value: str | int) -> int:
    if isinstance(value, str) and len(value) <= _MOST_DIGITS:
        return int(value, 16)
    if type(value) is int:
        return value
    raise TypeError


def _count(value: int) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
