"""Arrays of any name are found where they are named, and listed where they are not."""

import json
from pathlib import Path

import pytest

from conftest import Call, calculated
from worked_examples import EXAMPLES, npz, safetensors

LOSS = "0.5514447139320511"
LOGITS, TARGETS = EXAMPLES[LOSS]
KEYS = ("--logits-key", "z", "--targets-key", "y")


def files(**arrays: list[object]) -> dict[str, bytes]:
    """The same arrays in everything that holds several by name."""
    records = [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]
    return {
        "x.npz": npz(**arrays),
        "x.safetensors": safetensors(**arrays),
        "x.json": json.dumps(arrays).encode(),
        "records.json": json.dumps(records).encode(),
        "x.jsonl": "\n".join(map(json.dumps, records)).encode(),
    }


NAMES = list(files(z=[1], y=[1]))
in_every_container = pytest.mark.parametrize("name", NAMES)


def written(folder: Path, name: str, **arrays: object) -> Path:
    path = folder / name
    path.write_bytes(files(**arrays)[name])  # type: ignore[arg-type]  # lists of lists
    return path


@in_every_container
def test_both_in_one(name: str, call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, name, a=[9, 9, 9], z=LOGITS, y=TARGETS)
    assert call("compute", "-q", path, *KEYS).out == f"{LOSS}\n"
    assert call("compute", "-q", "-", *KEYS, stdin=path.read_bytes()).out == f"{LOSS}\n"


@in_every_container
def test_each_in_its_own(name: str, call: Call, tmp_path: Path) -> None:
    one = written(tmp_path, name, z=LOGITS, y=[9, 9, 9])
    (tmp_path / "there").mkdir()
    other = written(tmp_path / "there", name, z=[9, 9, 9], y=TARGETS)
    assert call("compute", "-q", one, other, *KEYS).out == f"{LOSS}\n"
    assert call("compute", "-q", one, "0,1,2", *KEYS[:2]).out == f"{LOSS}\n"


@in_every_container
def test_one_is_named_and_the_other_has_its_usual_name(
    name: str, call: Call, tmp_path: Path
) -> None:
    path = written(tmp_path, name, z=LOGITS, label=TARGETS)
    assert call("compute", "-q", path, *KEYS[:2]).out == f"{LOSS}\n"


@in_every_container
def test_a_name_overrides_the_usual_one(name: str, call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, name, logits=[[9, 0]] * 3, targets=[0, 0, 0], z=LOGITS, y=TARGETS)
    assert call("compute", "-q", path, *KEYS).out == f"{LOSS}\n"


@in_every_container
def test_a_name_that_is_not_there(name: str, call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, name, a=LOGITS, b=TARGETS)
    done = call("compute", path, *KEYS)
    assert done.err.startswith('error[XE113]: "z" is not among the names here: "a", "b"\n')
    assert "hint: --logits-key takes one of them" in done.err


@in_every_container
def test_nothing_that_could_be_meant(name: str, call: Call, tmp_path: Path) -> None:
    done = call("compute", written(tmp_path, name, a=LOGITS, b=TARGETS))
    assert 'neither "logits" nor "targets" is among the names here: "a", "b"\n' in done.err
    assert "hint: by their shapes they may be: --logits-key a --targets-key b\n" in done.err
    given = ("--logits-key", "a", "--targets-key", "b")
    assert call("compute", "-q", tmp_path / name, *given).out == f"{LOSS}\n"


@in_every_container
def test_two_that_could_be_meant(name: str, call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, name, logits=LOGITS, label=[0, 0, 0], targets=TARGETS)
    done = call("compute", path)
    assert 'each of these names may stand for the targets: "targets", "label"\n' in done.err
    assert "hint: say which: --targets-key targets" in done.err
    assert call("compute", "-q", path, "--targets-key", "targets").out == f"{LOSS}\n"
    assert call("compute", "-q", path, "0,1,2").out == f"{LOSS}\n"


def test_a_single_array_is_held_to_its_name(call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, "x.npz", a=LOGITS)
    assert call("compute", "-q", path, "0,1,2").out == f"{LOSS}\n"
    assert call("compute", "-q", path, "0,1,2", "--logits-key", "a").out == f"{LOSS}\n"
    assert "XE113" in call("compute", "-q", path, "0,1,2", *KEYS[:2]).err


@pytest.mark.parametrize("logits", ["1,0,0; 0,1,0; 0,0,1", "[[1,0,0],[0,1,0],[0,0,1]]"])
def test_numbers_without_a_name(logits: str, call: Call) -> None:
    done = call("compute", logits, "0,1,2", *KEYS[:2])
    assert done.err == (
        "error[XE210]: <logits> holds one array without a name: there is no 'z'\n"
        "  hint: omit --logits-key\n"
    )


def test_a_fix_is_offered_with_the_names(call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, "x.npz", z=LOGITS, y=[1, 2, 3])
    assert (
        f"xent compute -q {path} --targets-key y --logits-key z --one-based\n"
        in call("check", path, *KEYS).out
    )


def test_an_array_has_one_role(call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, "x.npz", targets=LOGITS, label=TARGETS)
    assert call("compute", "-q", path, "--logits-key", "targets").out == f"{LOSS}\n"


USUAL_PAIRS = [
    ("predictions", "label_ids"),
    ("y_pred", "y_true"),
    ("preds", "gold"),
    ("scores", "labels"),
    ("arr_0", "arr_1"),
    ("arr_1", "arr_0"),
]


@in_every_container
@pytest.mark.parametrize(("logits", "targets"), USUAL_PAIRS)
def test_names_that_libraries_give(
    logits: str, targets: str, name: str, call: Call, tmp_path: Path
) -> None:
    path = written(tmp_path, name, **{logits: LOGITS, targets: TARGETS})
    done = calculated(call, path)
    assert done.out == f"{LOSS}\n"
    assert f'the logits are "{logits}"' in done.err


@in_every_container
@pytest.mark.parametrize("logits", ["y_pred", "predictions", "arr_0"])
def test_predicted_classes_are_no_logits(
    logits: str, name: str, call: Call, tmp_path: Path
) -> None:
    path = written(tmp_path, name, **{logits: [0, 1, 1], "y_true": TARGETS})
    assert call("compute", "-q", path).status == 2


@in_every_container
def test_two_arrays_may_be_the_logits(name: str, call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, name, scores=LOGITS, predictions=LOGITS, labels=TARGETS)
    assert 'may stand for the logits: "scores", "predictions"' in call("compute", path).err


PROBS = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]]


@in_every_container
@pytest.mark.parametrize(
    ("key", "values", "kind"),
    [
        ("probs", PROBS, "probs"),
        ("y_prob", PROBS, "probs"),
        ("predict_proba", PROBS, "probs"),
        ("logprobs", [[-0.5, -1, -2]] * 3, "log-probs"),
        ("log_probs", [[-0.5, -1, -2]] * 3, "log-probs"),
    ],
)
def test_a_name_tells_the_kind_of_numbers(
    key: str, values: list[object], kind: str, name: str, call: Call, tmp_path: Path
) -> None:
    path = written(tmp_path, name, **{key: values, "labels": TARGETS})
    done = calculated(call, path)
    assert done.out == call("compute", "-q", json.dumps(values), "0,1,2", "--input-kind", kind).out
    assert f"--input-kind {kind}" in done.err
    said = calculated(call, path, "--input-kind", "logits")
    assert said.out == call("compute", "-q", json.dumps(values), "0,1,2").out
    assert "XN321" not in said.err


@in_every_container
def test_the_kind_is_known_to_check_and_explain(name: str, call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, name, probs=PROBS, labels=TARGETS)
    assert "XC101" not in call("check", path).out
    assert "0.6931" in call("explain", path).out


def test_probabilities_that_have_to_be_named_are_no_surprise(call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, "x.npz", logits=PROBS, labels=TARGETS)
    assert "XN321" not in call("compute", path).err


def test_the_names_that_are_there_are_listed(call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, "x.npz", labels=TARGETS, hidden=LOGITS, attention=LOGITS)
    done = call("compute", path)
    assert (
        'holds targets, but no logits; the other names here are "hidden", "attention"' in done.err
    )
    assert "--logits-key NAME" in done.err
