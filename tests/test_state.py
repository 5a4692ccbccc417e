"""A state is a report: nothing is lost on the way, and nothing else is taken for one."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conftest import Call, written
from xent.errors import InputError
from xent.inputs.arrays import array_batches
from xent.inputs.pairing import Inputs
from xent.losses.layout import Layout
from xent.pipeline import evaluate
from xent.render.view import View
from xent.report.report import Report
from xent.report.state import read_states, state_line
from xent.settings import LossSettings

VIEW = View(rows=5)


def report_of(logits: Any, targets: Any, settings: LossSettings, factors: Any = None) -> Report:
    batches = array_batches(logits, targets, factors, Layout.of(logits.shape))
    inputs = Inputs(batch for _, batch in batches)
    return evaluate(inputs, settings, head=VIEW.head, tail=VIEW.tail)


def again(report: Report, folder: Path) -> Report:
    """The same, written and read."""
    (folder / "state").write_text(state_line(report))
    [(_, found)] = read_states(str(folder / "state"))
    return found


def shown(report: Report, name: str = "json") -> str:
    return written(name, VIEW, report.settings, lambda _: report)


SETTINGS = st.builds(
    LossSettings,
    weight=st.none() | st.lists(st.floats(-2, 3), min_size=3, max_size=3).map(np.array),
    label_smoothing=st.sampled_from([0.0, 0.1]),
    temperature=st.sampled_from([1.0, 0.3]),
    unit=st.sampled_from(["nats", "bits"]),
    reduction=st.sampled_from(["mean", "sum"]),
    one_based=st.booleans(),
)
VALUES = st.floats(-700, 700) | st.sampled_from([float("nan"), float("inf"), -float("inf"), 5e-324])


@st.composite
def rows(draw: st.DrawFn) -> tuple[Any, Any, Any, LossSettings, list[int]]:
    """Rows, their targets and weights, and where to cut them."""
    settings = draw(SETTINGS)
    number = draw(st.integers(1, 20))
    logits = np.array(draw(st.lists(VALUES, min_size=3 * number, max_size=3 * number))).reshape(
        number, 3
    )
    soft = draw(st.booleans())
    base = int(settings.one_based)
    targets = (
        np.abs(np.nan_to_num(logits, posinf=0, neginf=0)) / 700
        if soft
        else np.array([draw(st.sampled_from([-100, base, base + 2])) for _ in range(number)])
    )
    factors = draw(st.none() | st.lists(st.floats(0, 9), min_size=number, max_size=number))
    cuts = sorted(draw(st.sets(st.integers(1, number))) - {number})
    return logits, targets, factors, settings, [0, *cuts, number]


@given(rows())
@hypothesis_settings(max_examples=60)
def test_merged_states_are_the_state_of_all(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[Any, Any, Any, LossSettings, list[int]]
) -> None:
    folder = tmp_path_factory.mktemp("states")
    logits, targets, factors, settings, cuts = case
    weights = None if factors is None else np.array(factors)
    whole = report_of(logits, targets, settings, weights)
    pieces = [
        again(
            report_of(
                logits[start:stop],
                targets[start:stop],
                settings,
                None if weights is None else weights[start:stop],
            ),
            folder,
        )
        for start, stop in pairwise(cuts)
    ]
    merged = pieces[0]
    for piece in pieces[1:]:
        merged = merged.merge(piece)
    backwards = pieces[-1]
    for piece in reversed(pieces[:-1]):
        backwards = piece.merge(backwards)
    turned = pieces[-1]
    for piece in reversed(pieces[:-1]):
        turned = turned.merge(piece)
    for name in ("json", "table", "state"):
        assert shown(merged, name) == shown(whole, name) == shown(backwards, name)
    assert turned.loss_sum == whole.loss_sum
    assert shown(turned, "plain") == shown(whole, "plain")


STATE = state_line(
    report_of(
        np.array([[1.0, 0, 0], [0, np.inf, 1], [2, 1, 0]]),
        np.array([0, 1, 2]),
        LossSettings(weight=np.array([1.0, 2, 3])),
        [1.0, 2, 3],
    )
)


@given(st.integers(0, len(STATE) - 2), st.sampled_from('019fx ,:[]{}"-.\x00'), st.booleans())
def test_a_state_with_one_wrong_byte_is_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: str, inserted: bool
) -> None:
    damaged = STATE[:at] + byte + STATE[at + (not inserted) :]
    path = tmp_path_factory.mktemp("states") / "state"
    path.write_text(damaged)
    try:
        [(_, found)] = read_states(str(path))
    except InputError:
        return
    assert state_line(found) == STATE  # a blank between two words


def places(value: Any, *path: Any) -> Any:
    """Every place in a JSON value."""
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        yield from places(item, *path, key)


STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    7,
    10**30,
    1e999,
    -0.5,
    "",
    "0x",
    "-0x1",
    "nan",
    [],
    [[]],
    {},
    [1],
    "f" * 1000,
    "f" * 2000,
)


@given(st.sampled_from([*places(json.loads(STATE))][1:]), st.sampled_from(STRANGE))
@hypothesis_settings(max_examples=2000)
def test_a_forged_state_never_breaks_anything(
    tmp_path_factory: pytest.TempPathFactory, path: tuple[Any, ...], strange: Any
) -> None:
    state = json.loads(STATE)
    *above, last = path
    inner = state
    for key in above:
        inner = inner[key]
    inner[last] = strange
    state.pop("checksum", None)
    state["checksum"] = f"{crc32(json.dumps(state).encode()):08x}"
    file = tmp_path_factory.mktemp("states") / "state"
    file.write_text(json.dumps(state))
    try:
        [(_, found)] = read_states(str(file))
        [(_, other)] = read_states(str(file))
    except InputError:
        return
    for name in ("json", "table", "plain", "state", "markdown"):
        assert shown(found.merge(other), name)


@pytest.mark.parametrize(
    "text", ["{}", "[]", "1,2,3", "null", "[" * 100_000, "1" * 5000, "\x00", '{"checksum": ""}']
)
def test_something_else_is_no_state(text: str, call: Call) -> None:
    done = call("merge", "-", stdin=text.encode())
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE118]: this line is not a state, or it is damaged\n")
    assert "<stdin>:1" in done.err


def test_merge_reports_as_compute_does(call: Call, tmp_path: Path) -> None:
    pieces = [("1,0,0; 0,1,0", "0,1"), ("0,0,1", "2"), ("2,0,nan; 1,2,3", "0,-100")]
    names = []
    for number, (logits, targets) in enumerate(pieces):
        names.append(str(tmp_path / f"{number}.state"))
        assert call("compute", logits, targets, "-o", names[-1]).out == ""
    every = ("; ".join(piece) for piece in (zip(*pieces, strict=True)))
    logits, targets = every
    targets = targets.replace(";", ",")
    for options in ((), ("--format", "json"), ("-q",), ("--format", "markdown"), ("--digits", "7")):
        merged = call("merge", *names, *options)
        whole = call("compute", logits, targets, *options)
        assert (merged.out, merged.err, merged.status) == (whole.out, whole.err, whole.status)
    lines = "".join(Path(name).read_text() for name in names).encode()
    assert call("merge", "-", "-q", stdin=lines).out == call("merge", *reversed(names), "-q").out
    assert call("merge", *names, "--strict").status == 2
    assert call("merge", names[0], "--fail-above", "0.5").status == 1
    assert call("merge", names[0], "-q").out == "0.5514447139320511\n"


def test_a_smaller_view(call: Call, tmp_path: Path) -> None:
    logits, targets = "; ".join(["1,2"] * 9), ",".join("1" * 9)
    call("compute", logits, targets, "-o", tmp_path / "state.state")
    merged = call("merge", tmp_path / "state.state", "--rows", "3")
    assert merged.out == call("compute", logits, targets, "--rows", "3").out
    assert "… 6 more rows" in merged.out


def test_states_of_two_losses(call: Call, tmp_path: Path) -> None:
    one, two = tmp_path / "one.state", tmp_path / "two.state"
    call("compute", "1,0", "0", "-o", one)
    call("compute", "1,0,3", "0", "--unit", "bits", "-o", two)
    done = call("merge", one, two)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(
        f"error[XE211]: {two} has C:3, unit:bits, {one} has C:2, unit:nats: these are "
        "different losses\n"
    )


@pytest.mark.parametrize(("old", "new", "merges"), [("v:", "v:9", True), ("T:1", "T:7", False)])
def test_states_of_any_version_merge(old: str, new: str, merges: bool, call: Call) -> None:
    state = json.loads(STATE)
    state["signature"] = state["signature"].replace(old, new)
    state.pop("checksum")
    state["checksum"] = f"{crc32(json.dumps(state).encode()):08x}"
    done = call("merge", "-", "-q", stdin=json.dumps(state).encode())
    if merges:
        assert done.out == call("merge", "-", "-q", stdin=STATE.encode()).out
    else:
        assert done.err.startswith("error[XE118]: the signature does not fit the state: xent|")


def test_what_a_state_cannot_hold(call: Call) -> None:
    for arguments in (
        ("compute", "1,0", "0", "--format", "state", "--reduction", "none"),
        ("merge", "-", "--format", "csv"),
        ("merge", "-", "--format", "jsonl"),
    ):
        done = call(*arguments)
        assert done.status == 2
        assert done.out == ""
        assert "state" in done.err


def forged(state: dict[str, Any]) -> str:
    """A state with a checksum that fits."""
    state.pop("checksum", None)
    return json.dumps({**state, "checksum": f"{crc32(json.dumps(state).encode()):08x}"})


def test_a_signed_state_cannot_ask_for_memory(call: Call, tmp_path: Path) -> None:
    state = json.loads(call("compute", "1,2;3,4", "0,1", "--format", "state").out)
    state["sums"]["counted"] = state["trace"]["head"] = 10**15
    (tmp_path / "bomb.state").write_text(forged(state))
    done = call("merge", "-q", tmp_path / "bomb.state")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE118]")


def test_a_line_of_states_has_a_limit(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xent.report.state._LONGEST_LINE", 1 << 20)
    (tmp_path / "long").write_bytes(b"[" * (1 << 21))
    done = call("merge", "-q", tmp_path / "long")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE115]: this line is longer than 1 MiB\n")
    assert f"--> {tmp_path}/long:1\n" in done.err


def test_the_same_state_twice_is_refused(call: Call, tmp_path: Path) -> None:
    for name, targets in (("a", "0,1"), ("b", "1,1")):
        (tmp_path / name).write_text(call("compute", "1,2;3,4", targets, "--format", "state").out)
    both = call("merge", "-q", tmp_path / "a", tmp_path / "b")
    assert both.status == 0
    done = call("merge", "-q", tmp_path / "a", tmp_path / "b", tmp_path / "a")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"error[XE214]: {tmp_path}/a holds the same state as {tmp_path}/a")


def test_an_empty_file_holds_no_state(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    done = call("merge", "-q", tmp_path / "empty")
    assert done.status == 2
    assert "hint: expected states, one per line\n" in done.err
