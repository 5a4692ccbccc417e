"""However the rows are divided, the report has the same bits, and an error the same words."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conftest import written as rendered
from xent.errors import Diagnostic, InputError
from xent.inputs.part import Part
from xent.inputs.shards import read_shards
from xent.parallel.processes import process_pool
from xent.pipeline import evaluate, evaluate_in_parallel
from xent.render.view import View
from xent.report.report import Report
from xent.settings import LossSettings

VIEW = View(rows=7)
ENDS: dict[str, Any] = {"head": VIEW.head, "tail": VIEW.tail}


class Alone(Executor):
    """An executor that evaluates chunks in this process, and remembers them."""

    def __init__(self) -> None:
        self.chunks: list[Part] = []

    def submit(self, work: Any, /, *args: Any, **_: Any) -> "Future[Any]":
        self.chunks += args
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args))
        except Exception as error:  # noqa: BLE001  as an executor does
            future.set_exception(error)
        return future


def in_one_pass(shards: list[Part], settings: LossSettings) -> Report:
    return evaluate(read_shards(shards, settings), settings, **ENDS)


def in_chunks(
    shards: list[Part],
    settings: LossSettings,
    executor: Callable[[], AbstractContextManager[Executor]],
    chunk_bytes: int,
) -> Report | None:
    """The report that is merged from those on chunks, if they can be evaluated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xent.pipeline.CHUNK_BYTES", chunk_bytes)
        inputs = read_shards(shards, settings)
        return evaluate_in_parallel(inputs, shards, settings, executor, ahead=5, **ENDS)


def shown(report: Callable[[], Report]) -> str | Diagnostic:
    """All that there is to see of a report, warnings included, or the error."""
    try:
        found = report()
        return rendered("json", VIEW, found.settings, lambda _: found)
    except InputError as error:
        return error.diagnostic


def in_parts(part: Part, settings: LossSettings, chunk_bytes: int) -> tuple[Any, Any, list[Part]]:
    """What is shown of one pass, of chunks, and the chunks."""
    alone = Alone()

    def divided() -> Report:
        found = part.files and in_chunks([part], settings, lambda: alone, chunk_bytes)
        return found or in_one_pass([part], settings)

    return shown(lambda: in_one_pass([part], settings)), shown(divided), alone.chunks


def written(folder: Path, name: str, text: str | bytes) -> str:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder / name)


def matrix(values: Any, separator: str = ",", end: str = "\n") -> str:
    return "".join(separator.join(map(str, row)) + end for row in values)


RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(40, 4)).round(3)
LOGITS[7, 1], LOGITS[9, 2], LOGITS[33, 0] = np.inf, -np.inf, np.nan
LABELS = RANDOM.integers(0, 4, (40, 1))
LABELS[[3, 9, 20], 0] = -100
SHARES = RANDOM.dirichlet(np.ones(4), 40).round(3)

CASES: dict[str, tuple[str, str | None, str | None, dict[str, Any]]] = {
    "csv": (matrix(LOGITS), matrix(LABELS), None, {}),
    "no last line end": (matrix(LOGITS)[:-1], matrix(LABELS)[:-1], None, {}),
    "line ends of two": (matrix(LOGITS, ";", "\r\n"), matrix(LABELS, "", "\r\n"), None, {}),
    "mark": ("\ufeff" + matrix(LOGITS, "\t"), "\ufeff" + matrix(LABELS), None, {}),
    "quoted": ('"' + matrix(LOGITS, '","', '"\n"')[:-1], matrix(LABELS), None, {}),
    "probabilities": (matrix(LOGITS, " "), matrix(SHARES), None, {}),
    "sample weights": (matrix(LOGITS), matrix(LABELS), matrix(SHARES[:, :1]), {}),
    "settings": (
        matrix(LOGITS),
        matrix(LABELS + 1),
        None,
        {
            "one_based": True,
            "ignore_index": -99,
            "label_smoothing": 0.1,
            "weight": np.array([1, 2, 0.5, 1]),
            "unit": "bits",
        },
    ),
    "labels of yes and no": (
        matrix(LOGITS[10:30]),
        matrix(SHARES[10:30].round()),
        None,
        {"binary": True, "pos_weight": np.array([1.0, 2, 3, 4])},
    ),
    "one label": (matrix(LOGITS[:, 3:]), matrix(SHARES[:, :1].round()), None, {"binary": True}),
    "json lines": (
        "".join(
            f'{{"logits": {[*map(float, row)]}, "target": {target[0]}}}\n'.replace("nan", "NaN")
            .replace("-inf", "-Infinity")
            .replace(" inf", " Infinity")
            for row, target in zip(LOGITS, LABELS, strict=True)
        ),
        None,
        None,
        {},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_any_parts_give_the_same_report(name: str, tmp_path: Path) -> None:
    logits, targets, factors, options = CASES[name]
    part = Part(
        written(tmp_path, "logits", logits),
        None if targets is None else written(tmp_path, "targets", targets),
        None if factors is None else written(tmp_path, "factors", factors),
    )
    settings = LossSettings(**options)
    for part_bytes in (1, 50, 99, 200):
        whole, merged, parts = in_parts(part, settings, part_bytes)
        assert merged == whole
        assert isinstance(whole, str)
        assert len(parts) > 1


@pytest.mark.parametrize("heads", [("a,b,c,d\n", ""), ("", "label\n"), ("a,b,c,d\n", "label\n")])
def test_headers_have_no_partners(heads: tuple[str, str], tmp_path: Path) -> None:
    part = Part(
        written(tmp_path, "logits", heads[0] + matrix(LOGITS)),
        written(tmp_path, "targets", heads[1] + matrix(LABELS)),
    )
    settings = LossSettings()
    for chunk_bytes in (50, 99, 200):
        merged = in_chunks([part], settings, Alone, chunk_bytes)
        assert merged, "the chunks could not be evaluated"
        assert merged.loss_sum == in_one_pass([part], settings).loss_sum


DAMAGES = st.sampled_from(
    [
        "",
        "\n",
        "x\n",
        "1,2\n",
        "1,2,3,4,5\n",
        '"1",2,3,4\n',
        "1,2,3,4\r",
        "   \n",
        "\n\n",
        "9\n",
        "\r\n",
    ]
)


@given(st.integers(0, 40), DAMAGES, st.integers(0, 40), DAMAGES, st.integers(1, 300), st.booleans())
@hypothesis_settings(max_examples=300)
def test_damage_anywhere_is_told_as_in_one_pass(
    row: int, damage: str, other: int, label: str, part_bytes: int, one_line: bool
) -> None:
    lines, labels = (
        matrix(LOGITS).splitlines(keepends=True),
        matrix(LABELS).splitlines(keepends=True),
    )
    lines[row:row] = [damage]
    labels[other:other] = [label]
    targets = " ".join(label.strip() for label in labels) if one_line else "".join(labels)
    with tempfile.TemporaryDirectory() as folder:
        part = Part(
            written(Path(folder), "logits", "".join(lines)),
            written(Path(folder), "targets", targets),
        )
        whole, merged, _ = in_parts(part, LossSettings(), part_bytes)
    assert merged == whole


def test_rows_of_another_length_in_the_next_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several labels to a row: each part is sound in itself."""
    monkeypatch.setattr("xent.inputs.formats.text.BLOCK_BYTES", 4)
    logits = written(tmp_path, "logits", "1,2\n3,4\n1,2,3\n4,5,6\n")
    targets = written(tmp_path, "targets", "0,1\n0,1\n1,0,1\n0,1,1\n")
    whole, merged, parts = in_parts(Part(logits, targets), LossSettings(binary=True), 5)
    assert merged == whole
    assert len(parts) > 1
    assert isinstance(whole, Diagnostic)
    assert str(whole.location) == f"{logits}:3:1"


def test_what_cannot_be_divided(tmp_path: Path) -> None:
    logits = written(tmp_path, "logits", matrix(LOGITS))
    targets = written(tmp_path, "targets", matrix(LABELS))
    np.save(tmp_path / "logits.npy", LOGITS)
    for part, options in (
        (Part(logits, targets), {"shift": True}),
        (Part(logits, targets), {"class_axis": 0}),
        (Part(str(tmp_path / "logits.npy"), targets), {}),
        (Part("1,2; 3,4", "0,1"), {}),
        (Part(logits, ",".join("0" * 40)), {}),
    ):
        whole, merged, parts = in_parts(part, LossSettings(**options), 10)
        assert merged == whole
        assert not parts


@pytest.fixture
def files(tmp_path: Path) -> Part:
    return Part(
        written(tmp_path, "logits", matrix(LOGITS)), written(tmp_path, "targets", matrix(LABELS))
    )


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("forked", [True, False])
def test_any_number_of_workers_gives_the_same_report(
    number: int, forked: bool, files: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xent.parallel.processes._may_fork", lambda: forked)
    settings = LossSettings()
    pools: list[Any] = []

    @contextmanager
    def pool() -> Iterator[Executor]:
        with process_pool(number) as executor:
            pools.append(executor)
            processes = [*pools[-1]._processes.values()]
            yield executor
        assert len(processes) == number
        assert not any(process.is_alive() for process in processes)

    merged = in_chunks([files], settings, pool, 100)
    assert merged
    assert shown(lambda: merged) == shown(lambda: in_one_pass([files], settings))
    assert pools


def test_a_worker_that_is_killed(files: Part) -> None:
    @contextmanager
    def pool() -> Iterator[Executor]:
        with process_pool(2) as executor:
            pids = [*executor._processes]  # type: ignore[attr-defined]
            submit, submitted = executor.submit, []

            def killing(work: Any, /, *args: Any, **named: Any) -> "Future[Any]":
                submitted.append(work)
                if len(submitted) == 8:
                    os.kill(pids[0], signal.SIGKILL)
                return submit(work, *args, **named)

            executor.submit = killing  # type: ignore[method-assign]
            yield executor

    assert in_chunks([files], LossSettings(), pool, 20) is None  # one pass is to be made
