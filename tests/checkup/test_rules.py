"""Each rule on the mistake it names, and on something that only looks like it."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xent
from conftest import Call
from xent.checkup import sample
from xent.checkup.checkup import Checkup, all_rules, check
from xent.checkup.collectors import BatchMeans
from xent.checkup.rule import Finding
from xent.checkup.survey import Survey
from xent.cli.loss_options import RequiredLossOptions
from xent.cli.rereading import RereadInput
from xent.errors import Code, Severity
from xent.inputs.pairing import read_inputs
from xent.losses.layout import as_rows
from xent.settings import LossSettings

Arrays = tuple[NDArray[Any], NDArray[Any]]
Case = Callable[[], tuple[NDArray[Any], NDArray[Any], dict[str, Any]]]

RNG = np.random.default_rng(20)


def model(rows: int = 200, classes: int = 5, skill: float = 4.0, seed: int = 0) -> Arrays:
    """The logits of a classifier that is mostly right, and the targets."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(classes, size=rows)
    logits = rng.normal(size=(rows, classes))
    logits[np.arange(rows), targets] += skill
    return logits, targets


def with_value(array: NDArray[Any], where: Any, value: float) -> NDArray[np.float64]:
    changed = np.array(array, dtype=np.float64)
    changed[where] = value
    return changed


def checkup_of(
    logits: NDArray[Any], targets: NDArray[Any], folder: Path, **options: Any
) -> Checkup:
    """A checkup of arrays, read from files as the command reads them."""
    groups = options.pop("groups", None)
    sample_weight = options.pop("sample_weight", None)
    names = _saved(logits, targets, folder, *options.pop("ids", ()))
    if sample_weight is not None:
        np.save(folder / "weights.npy", sample_weight)
        sample_weight = str(folder / "weights.npy")
    settings = LossSettings(**options)
    inputs = read_inputs(*names, settings, sample_weight=sample_weight)

    batch_means = BatchMeans(groups) if groups is not None else None
    question = RequiredLossOptions(*names)
    survey = Survey.of(
        inputs,
        settings,
        rereader=RereadInput.of(question),
        batch_means=batch_means,
    )
    return check(survey)


def _saved(logits: NDArray[Any], targets: NDArray[Any], folder: Path, *ids: Any) -> tuple[str, str]:
    """Files of both: arrays, or tables where the rows have names."""
    if not ids:
        np.save(folder / "logits.npy", logits)
        np.save(folder / "targets.npy", targets)
        return str(folder / "logits.npy"), str(folder / "targets.npy")
    for name, array, own in (("logits", logits, ids[0]), ("targets", targets, ids[1])):
        columns = array.reshape(len(array), -1)
        titles = ["label"] if name == "targets" else [f"c{x}" for x in range(columns.shape[1])]
        rows = [",".join(map(str, [key, *row])) for key, row in zip(own, columns, strict=True)]
        (folder / f"{name}.csv").write_text("\n".join([",".join(["id", *titles]), *rows]) + "\n")
    return str(folder / "logits.csv"), str(folder / "targets.csv")


def found(name: str, case: Case, folder: Path) -> list[Finding]:
    logits, targets, options = case()
    findings = checkup_of(logits, targets, folder, **options).findings
    return [each for each in findings if each.rule and each.rule.name == name]


LOGITS, TARGETS = model()
PROBS = xent.softmax(LOGITS)
SEQUENCE = np.random.default_rng(3).choice([1, 1, 1, 2], size=300).cumsum() % 5
NEXT = with_value(np.zeros((300, 5)), (np.arange(299), SEQUENCE[1:]), 5.0)
HALF = np.random.default_rng(4).normal(size=(60, 5)) * 4
CUBE, CUBE_TARGETS = model(16, 4)
ORDER = np.array([2, 0, 1, 4, 3])
NAMED = np.array([f"row {number}" for number in range(200)])
MIXED = np.random.default_rng(5).permutation(200)


def case(logits: NDArray[Any], targets: NDArray[Any], **options: Any) -> Case:
    return lambda: (logits, targets, options)


WEAK, _ = model(400, 5, 1.0)
PADDED = with_value(SEQUENCE.reshape(30, 10), (slice(None), slice(8, None)), 0).ravel()
PADDED_LOGITS = with_value(NEXT[np.arange(300) - 1], (slice(None), 0), -6.0)

# For each rule what it must find, and what is next to it and must pass.
CASES: dict[str, tuple[Case, Case]] = {
    "probabilities-as-logits": (case(PROBS, TARGETS), case(PROBS * 2, TARGETS)),
    "log-probabilities": (case(np.log(PROBS), TARGETS), case(np.log(PROBS) - 1, TARGETS)),
    "softmax-over-wrong-axis": (
        case(xent.softmax(LOGITS.T).T, TARGETS),
        case(PROBS, TARGETS),
    ),
    "sigmoid-as-logits": (
        case(1 / (1 + np.exp(3 - 2 * LOGITS)), TARGETS),
        case(0.5 + (LOGITS - LOGITS.min()) / 40, TARGETS),
    ),
    "log-base-mismatch": (case(np.log2(PROBS), TARGETS), case(np.log2(PROBS) + 0.1, TARGETS)),
    "mixed-input-kinds": (
        case(np.vstack([PROBS[:50], LOGITS[50:]]), TARGETS),
        case(np.vstack([PROBS[:50] * 1.1, LOGITS[50:]]), TARGETS),
    ),
    "probabilities-as-log-probs": (
        case(PROBS, TARGETS, input_kind="log-probs"),
        case(PROBS * 0.9, TARGETS, input_kind="log-probs"),
    ),
    "logits-negated": (case(-LOGITS, TARGETS), case(LOGITS, TARGETS)),
    "overconfident": (case(LOGITS * 40, TARGETS), case(LOGITS * 4, TARGETS)),
    "underconfident": (case(LOGITS / 10, TARGETS), case(LOGITS * 4, TARGETS)),
    "counts-differ": (case(LOGITS, TARGETS[:-3]), case(LOGITS, TARGETS)),
    "index-column": (
        case(np.column_stack([np.arange(200), LOGITS]), TARGETS),
        case(np.column_stack([np.arange(200) * 0.7, LOGITS]), TARGETS),
    ),
    "prediction-column": (
        case(np.column_stack([LOGITS, LOGITS.argmax(axis=1)]), TARGETS),
        case(np.column_stack([LOGITS, np.roll(LOGITS.argmax(axis=1), 1)]), TARGETS),
    ),
    "columns-sorted": (
        case(np.sort(LOGITS), TARGETS),
        case(np.tile(np.log([0.5, 0.3, 0.2]), (200, 1)), np.repeat([0, 1, 2], [100, 60, 40])),
    ),
    "decimal-commas": (
        case(np.stack([np.floor(LOGITS), np.floor(LOGITS % 1 * 1e4)], 2).reshape(200, 10), TARGETS),
        case(np.floor(np.column_stack([LOGITS, LOGITS]) * 9), TARGETS),
    ),
    "targets-are-predictions": (
        case(WEAK, WEAK.argmax(axis=1)),
        case(np.eye(5)[TARGETS] + LOGITS / 99, TARGETS),
    ),
    "labels-signed": (
        case(LOGITS[:, :2], np.where(TARGETS > 2, 1, -1)),
        case(LOGITS, np.where(TARGETS > 2, 1, -1)),
    ),
    "labels-merged": (
        case(LOGITS, np.where(TARGETS == 3, 1, TARGETS)),
        case(LOGITS[TARGETS != 3], TARGETS[TARGETS != 3]),
    ),
    "header-as-data": (
        case(np.vstack([np.arange(5), LOGITS]), np.append(0, TARGETS)),
        case(np.vstack([LOGITS, np.arange(5)]), np.append(TARGETS, 0)),
    ),
    "target-leak": (
        case(np.column_stack([LOGITS, TARGETS]), TARGETS),
        case(np.column_stack([LOGITS, np.roll(TARGETS, 1)]), TARGETS),
    ),
    "duplicate-rows": (
        case(np.vstack([LOGITS, LOGITS]), np.tile(TARGETS, 2)),
        case(np.vstack([LOGITS, LOGITS[:5]]), np.append(TARGETS, TARGETS[:5])),
    ),
    "constant-column": (
        case(with_value(LOGITS, (slice(None), 2), 0.5), TARGETS),
        case(with_value(LOGITS, (slice(1, None), 2), 0.5), TARGETS),
    ),
    "logits-transposed": (case(LOGITS.T, TARGETS), case(LOGITS.T[:, :150], TARGETS)),
    "class-axis-wrong": (
        case(CUBE.reshape(4, 4, 4), CUBE_TARGETS.reshape(4, 4)),
        case(np.moveaxis(CUBE.reshape(4, 4, 4), 2, 1), CUBE_TARGETS.reshape(4, 4)),
    ),
    "ids-differ": (
        case(LOGITS, TARGETS[MIXED], ids=(NAMED, NAMED[MIXED])),
        case(LOGITS, TARGETS, ids=(NAMED, NAMED)),
    ),
    "labels-one-based": (case(LOGITS, TARGETS + 1), case(LOGITS, TARGETS)),
    "labels-shifted": (case(LOGITS, (TARGETS + 1) % 5), case(LOGITS, TARGETS)),
    "padding-not-ignored": (
        case(LOGITS, with_value(TARGETS, slice(10), -1)),
        case(LOGITS, with_value(TARGETS, slice(10), -100)),
    ),
    "targets-out-of-range": (
        case(LOGITS, with_value(with_value(TARGETS, 3, 9), 4, 17)),
        case(LOGITS, TARGETS),
    ),
    "labels-permuted": (case(LOGITS, ORDER[TARGETS]), case(LOGITS, TARGETS)),
    "rows-unrelated": (
        case(LOGITS, TARGETS[MIXED]),
        case(LOGITS / 2, np.where(np.arange(200) % 4, TARGETS[MIXED], TARGETS)),
    ),
    "one-hot-predictions": (
        case(np.eye(5)[with_value(TARGETS, 3, (TARGETS[3] + 1) % 5).astype(int)], TARGETS),
        case(np.eye(5)[TARGETS], TARGETS),
    ),
    "sequence-not-shifted": (
        case(NEXT, SEQUENCE),
        case(NEXT[:-1], SEQUENCE[1:]),
    ),
    "rows-misaligned": (case(LOGITS, np.roll(TARGETS, 7)), case(LOGITS, TARGETS)),
    "at-chance": (
        case(RNG.normal(size=(300, 4)) * 1e-3, RNG.integers(4, size=300)),
        case(*model(300, 4, 1.0)),
    ),
    "worse-than-chance": (
        case(model(300, 4, 1.0)[0] * 6, model(300, 4, 1.0)[1]),
        case(*model(300, 4, 1.0)),
    ),
    "predicts-the-prior": (
        case(np.tile(np.log([0.7, 0.2, 0.1]), (200, 1)), np.repeat([0, 1, 2], [140, 40, 20])),
        case(np.tile(np.log([0.5, 0.3, 0.2]), (200, 1)), np.repeat([0, 1, 2], [140, 40, 20])),
    ),
    "correct-but-not-zero": (
        case(np.eye(5)[TARGETS] * 1.2, TARGETS),
        case(np.eye(5)[TARGETS] * 20, TARGETS),
    ),
    "few-rows-dominate": (
        case(with_value(np.eye(5)[TARGETS] * 12, (0, (TARGETS[0] + 1) % 5), 40), TARGETS),
        case(np.eye(5)[TARGETS] * 12, TARGETS),
    ),
    "mean-of-means": (
        case(LOGITS, TARGETS, groups=64),
        case(LOGITS, TARGETS, groups=50),
    ),
    "targets-one-hot": (case(LOGITS, np.eye(5)[TARGETS]), case(LOGITS, PROBS)),
    "targets-float": (case(LOGITS, with_value(TARGETS, 4, 0.5)), case(LOGITS, TARGETS + 0.0)),
    "targets-not-normalised": (case(LOGITS, PROBS * 0.9), case(LOGITS, PROBS.round(4))),
    "targets-column-vector": (case(LOGITS, TARGETS[:, None]), case(LOGITS, TARGETS)),
    "single-class": (case(LOGITS, TARGETS * 0), case(LOGITS, TARGETS)),
    "dead-class": (
        case(with_value(LOGITS, (slice(None), 3), -9.0), TARGETS),
        case(LOGITS, TARGETS),
    ),
    "nonfinite-logits": (
        case(with_value(LOGITS, (7, 1), np.nan), TARGETS),
        case(with_value(LOGITS, (7, (TARGETS[7] + 1) % 5), -np.inf), TARGETS),
    ),
    "masked-target": (
        case(with_value(LOGITS, (7, TARGETS[7]), -np.inf), TARGETS),
        case(with_value(LOGITS, (7, (TARGETS[7] + 1) % 5), -np.inf), TARGETS),
    ),
    "loss-overflow": (
        case(with_value(with_value(LOGITS, 7, -1e308), (7, 0), 1e308), with_value(TARGETS, 7, 1)),
        case(with_value(with_value(LOGITS, 7, -8e307), (7, 0), 8e307), with_value(TARGETS, 7, 1)),
    ),
    "undefined-targets": (
        case(LOGITS, with_value(PROBS, (3, 2), np.nan)),
        case(with_value(LOGITS, (3, 2), np.nan), PROBS),
    ),
    "inputs-not-normalised": (
        case(PROBS * 0.9, TARGETS, input_kind="probs"),
        case(PROBS, TARGETS, input_kind="probs"),
    ),
    "clipped-probabilities": (
        case(with_value(PROBS, (slice(6), TARGETS[:6]), 3e-5), TARGETS, input_kind="probs"),
        case(with_value(PROBS, (3, TARGETS[3]), 3e-5), TARGETS, input_kind="probs"),
    ),
    "half-precision-logits": (
        case(HALF.astype(np.float16), np.arange(60) % 5),
        case(HALF.astype(np.float32), np.arange(60) % 5),
    ),
    "rows-ignored": (
        case(LOGITS, with_value(TARGETS, slice(10), -100)),
        case(LOGITS, with_value(TARGETS, slice(10), -1)),
    ),
    "class-ignored": (
        case(LOGITS, TARGETS, ignore_index=2),
        case(with_value(LOGITS, (slice(None), 2), -9.0), TARGETS, ignore_index=2),
    ),
    "weights-cancel": (
        case(LOGITS, TARGETS, weight=np.array([1.0, 1, 1, 1, -9])),
        case(LOGITS, TARGETS, weight=np.array([1.0, 1, 1, 1, -0.1])),
    ),
    "weighted-mean": (
        case(LOGITS, TARGETS, weight=np.array([1.0, 2, 1, 1, 3])),
        case(LOGITS, PROBS, weight=np.array([1.0, 2, 1, 1, 3])),
    ),
}


def test_every_rule_has_a_case_and_a_text() -> None:
    rules = all_rules()
    # What compute refuses is shown with the command.
    assert {rule.name for rule in rules} == {*CASES, "options-missing", "multi-label-targets"}
    assert len({rule.code for rule in rules}) == len(rules)
    for rule in rules:
        first, *_ = rule.text.split("\n\n")
        assert "\n" not in first, rule.name
        assert "\nExample: " in rule.text, rule.name
        assert "\nFix: " in rule.text, rule.name


def test_a_warning_with_the_code_of_a_rule_has_its_name() -> None:
    names = {rule.code: rule.name for rule in all_rules()}
    warnings = [code for code in Code if code.severity is Severity.WARNING]
    assert warnings
    assert {code.value: code.slug for code in warnings}.items() <= names.items()


@pytest.mark.parametrize("name", CASES)
def test_the_mistake_is_found(name: str, tmp_path: Path) -> None:
    assert len(found(name, CASES[name][0], tmp_path)) == 1


@pytest.mark.parametrize("name", CASES)
def test_what_only_looks_like_it_passes(name: str, tmp_path: Path) -> None:
    assert not found(name, CASES[name][1], tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_the_command_gives_the_loss_after_the_fix(name: str, tmp_path: Path, call: Call) -> None:
    for finding in found(name, CASES[name][0], tmp_path):
        if finding.command is None or not finding.command.startswith("xent "):
            continue
        _, *words = shlex.split(finding.command)
        done = call(*words)
        assert float(done.out) == pytest.approx(finding.evidence["loss_after_fix"], rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_the_line_of_code_gives_the_loss_after_the_fix(name: str, tmp_path: Path) -> None:
    for finding in found(name, CASES[name][0], tmp_path):
        after = finding.evidence.get("loss_after_fix")
        if finding.command is None or finding.command.startswith("xent ") or after is None:
            continue
        logits, targets, options = CASES[name][0]()
        names: dict[str, Any] = {"logits": logits.copy(), "targets": targets, "numpy": np}
        exec(finding.command, names)  # noqa: S102  our own line
        again = xent.cross_entropy(names["logits"], names["targets"], **options)
        assert again == pytest.approx(after, rel=1e-12)


def test_the_loss_is_that_of_compute(tmp_path: Path) -> None:
    for name, (mistake, _) in CASES.items():
        logits, targets, options = mistake()
        checkup = checkup_of(logits, targets, tmp_path, **options)
        plain = {"counts-differ", "logits-transposed", "labels-one-based", "padding-not-ignored",
                 "targets-out-of-range", "targets-float", "targets-column-vector",
                 "class-axis-wrong", "ids-differ", "rows-ignored", "mean-of-means",
                 "labels-signed"}  # fmt: skip
        if name not in plain:
            found_loss = checkup.survey.rows.loss
            expected = xent.cross_entropy(logits, targets, **options)
            assert found_loss == pytest.approx(expected, rel=1e-12, nan_ok=True), name


def test_a_sample_says_that_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "_MOST_VALUES", 500)
    logits, targets = model(4000)
    checkup = checkup_of(logits, targets, tmp_path)
    rows = checkup.survey.rows.sample
    assert len(rows) == 100
    assert not rows.is_complete
    assert checkup.survey.report.loss_sum.counted == 4000
    assert (logits[rows.numbers] == rows.logits).all()


def test_the_worst_damage_comes_first(tmp_path: Path) -> None:
    checkup = checkup_of(LOGITS, TARGETS + 1, tmp_path)
    first = checkup.findings[0]
    assert first.rule
    assert first.rule.name == "labels-one-based"
    severities = [str(finding.severity) for finding in checkup.findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)


def test_ids_that_cannot_be_paired_are_named_without_proof(tmp_path: Path) -> None:
    strange = case(LOGITS, TARGETS, ids=(NAMED, np.char.add(NAMED, "?")))
    [finding] = found("ids-differ", strange, tmp_path)
    assert finding.command is None
    assert "loss_after_fix" not in finding.evidence
    # By their ids these fit worse than they do by their order.
    assert not found("ids-differ", case(LOGITS, TARGETS, ids=(NAMED[MIXED], NAMED)), tmp_path)


def test_rules_can_be_chosen(tmp_path: Path) -> None:
    survey = checkup_of(-LOGITS, TARGETS, tmp_path).survey
    names = [each.rule.name for each in check(survey, select=["XC104"]).findings if each.rule]
    assert names == ["logits-negated"]
    others = check(survey, ignore=["logits-negated"]).findings
    assert "logits-negated" not in [each.rule.name for each in others if each.rule]


def test_rows_are_flattened_like_the_loss() -> None:
    assert (as_rows(np.moveaxis(CUBE.reshape(4, 4, 4), 2, 1), 1) == CUBE).all()


BIG = 60_000
MANY, MANY_TARGETS = model(BIG, 20)


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("rows-misaligned", case(MANY, np.roll(MANY_TARGETS, 3))),
        ("rows-misaligned", case(MANY, np.roll(MANY_TARGETS, 777))),
        ("rows-unrelated", case(MANY, np.random.default_rng(9).permutation(MANY_TARGETS))),
        ("index-column", case(np.column_stack([np.arange(BIG), MANY]), MANY_TARGETS)),
        ("softmax-over-wrong-axis", case(xent.softmax(MANY.T).T, MANY_TARGETS)),
        ("labels-one-based", case(MANY, MANY_TARGETS + 1)),
        ("mean-of-means", case(MANY, MANY_TARGETS, groups=MANY_TARGETS)),
    ],
)
def test_the_mistake_is_found_where_not_all_rows_are_held(
    name: str, mistake: Case, tmp_path: Path, call: Call
) -> None:
    [finding] = found(name, mistake, tmp_path)
    if not finding.command or not finding.command.startswith("xent "):
        return
    # The command reads all rows, and so did the proof.
    assert "sample" not in finding.evidence
    _, *words = shlex.split(finding.command)
    assert float(call(*words).out) == pytest.approx(finding.evidence["loss_after_fix"], rel=1e-12)


def test_the_mean_of_the_means_is_that_of_pytorchs_weighted_batches(tmp_path: Path) -> None:
    weight, groups = np.array([1.0, 2, 1, 1, 3]), np.arange(200) // 64
    [finding] = found(
        "mean-of-means", case(LOGITS, TARGETS, groups=groups, weight=weight), tmp_path
    )
    means = [
        xent.cross_entropy(LOGITS[groups == each], TARGETS[groups == each], weight=weight)
        for each in range(4)
    ]
    assert finding.evidence["mean_of_means"] == pytest.approx(np.mean(means), rel=1e-14)
    assert finding.evidence["batches"] == 4


def test_the_calibration_error_is_that_of_a_plain_count(tmp_path: Path) -> None:
    [finding] = found("overconfident", case(LOGITS * 40, TARGETS), tmp_path)
    probs, expected, seen = xent.softmax(LOGITS * 40), 0.0, []
    for low in range(15):
        inside = [
            (max(row), max(row) == row[target])
            for row, target in zip(probs.tolist(), TARGETS, strict=True)
            if low / 15 <= max(row) < (low + 1) / 15 or (low == 14 and max(row) == 1)
        ]
        if inside:
            certainty, right = (sum(each) / len(inside) for each in zip(*inside, strict=True))
            expected += len(inside) / len(TARGETS) * abs(certainty - right)
            seen.append((len(inside), pytest.approx(certainty), pytest.approx(right)))
    assert finding.evidence["calibration_error"] == pytest.approx(expected)
    bins = finding.evidence["reliability"]
    assert [(each["rows"], each["certainty"], each["accuracy"]) for each in bins] == seen
    assert finding.evidence["calibration_error_after"] < expected
