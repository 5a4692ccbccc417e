"""Which columns are classes: what the user says, then names, then content."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Call

PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5], [0.25, 0.5, 0.25]])
LABELS = [0, 1, 2, 0]
LOSS = -np.log(PROBS[range(4), LABELS]).mean()


def table(path: Path, names: str, *columns: object) -> Path:
    """A table with the three columns of probabilities where a name is P."""
    header, cells = [], []
    rest = iter(columns)
    for name in names.split(","):
        if name.startswith("P"):
            header += [f"{name[1:]}{each}" for each in ("cat", "dog", "emu")]
            cells += [*map(list, PROBS.T)]
        else:
            header.append(name)
            cells.append(list(next(rest)))  # type: ignore[call-overload]
    lines = [header, *zip(*cells, strict=True)]
    path.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    return path


WORDS = ["cat", "dog", "emu", "cat"]
FILES = ["a.png", "b.png", "c.png", "d.png"]


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        ("image_index,true_label,predicted_label,Pprob_class_", (range(4), WORDS, [0, 1, 2, 1])),
        ("Pprob_,answer", (WORDS,)),
        (
            "Pp_,y_test,y_pred,confidence,correct",
            (WORDS, WORDS, [0.7, 0.8, 0.5, 0.5], [1, 1, 1, 0]),
        ),
        ("filename,P,Ground Truth,Prediction", (FILES, WORDS, WORDS)),
        ("P,margin_of_two,labels", ([0.5, 0.7, 0.2, 0.25], WORDS)),
        ("uid,P,sum_of_others,gold", (range(10, 14), [99.5, 12.0, 3.5, 7.0], WORDS)),
        ("trueLabel,predictedLabel,Pscore.", (WORDS, WORDS)),
    ],
)
def test_columns_that_are_no_classes_are_left_out_with_a_note(
    names: str, columns: tuple[object, ...], call: Call, tmp_path: Path
) -> None:
    path = table(tmp_path / "t.csv", names, *columns)
    done = call("compute", "-q", path, "--input-kind", "probs")
    assert done.status == 0
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)
    assert "note[XN309]" in done.err


def test_two_kinds_of_scores_are_told_apart_by_their_sums(call: Call, tmp_path: Path) -> None:
    both = table(tmp_path / "t.csv", "P,prob_any,prob_all", [0.9, 0.3, 0.5, 0.6], [1.9, 88, 4, 2])
    done = call("compute", "-q", both, "0,1,2,0", "--input-kind", "probs")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)
    assert "prob_any, prob_all" in done.err


def test_where_nothing_decides_the_columns_are_named(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("logit_a,logit_b,speed,mass\n1,2,3,4\n2,1,7,1\n0,1,5,5\n")
    done = call("compute", tmp_path / "t.csv", "0,1,1")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE216]")
    for named in ("logit_a, logit_b", "speed, mass", "--class-columns 'logit_*'"):
        assert named in done.err
    chosen = call("compute", "-q", tmp_path / "t.csv", "0,1,1", "--class-columns", "logit_*")
    plain = call("compute", "-q", "1,2;2,1;0,1", "0,1,1")
    assert (chosen.status, chosen.out) == (0, plain.out)
    assert "XN315" not in chosen.err


def test_labels_match_columns_without_their_common_prefix(call: Call, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "Pprob_")
    (tmp_path / "y.csv").write_text("cat\ndog\nemu\ncat\n")
    done = call("compute", "-q", path, tmp_path / "y.csv", "--input-kind", "probs")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)


def test_predicted_labels_alone_have_no_loss(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("filename,true_label,predicted_label\na.png,1,1\nb.png,0,1\n")
    done = call("compute", tmp_path / "t.csv")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE215]")


@pytest.mark.parametrize(
    "names",
    ["a,b,c", "pred_a,pred_b,pred_c", "true,false,unsure", "x1,x2,x3"],
)
def test_names_of_classes_keep_all_columns(names: str, call: Call, tmp_path: Path) -> None:
    """The near misses: a class may be called true, and its score a prediction."""
    (tmp_path / "t.csv").write_text(f"{names}\n0.5,0.25,0.25\n0.1,0.8,0.1\n")
    done = call("compute", "-q", tmp_path / "t.csv", "0,1", "--input-kind", "probs")
    assert done.status == 0
    assert float(done.out) == pytest.approx(-np.log([0.5, 0.8]).mean(), rel=1e-12)
    assert "XN315" not in done.err


def test_whole_numbers_without_names_are_logits(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("1,4,1,1\n5,1,2,1\n1,2,5,1\n")
    done = call("compute", "-q", tmp_path / "t.csv", "1,0,2")
    assert done.out == "0.10165968125955888\n"
    assert done.err == ""


def test_one_column_of_probabilities_is_a_binary_loss(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y_true,y_prob\n1,0.9\n0,0.2\n")
    done = call("compute", tmp_path / "t.csv")
    assert done.err.endswith(
        "hint: if these are probabilities of a yes: --binary --input-kind probs\n"
    )


def test_small_whole_numbers_that_sum_to_one_are_no_evidence(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n1,0,5\n0,1,7\n1,0,-2\n0,1,3\n")
    done = call("compute", "-q", tmp_path / "t.csv", "0,1,2,0")
    assert done.out == call("compute", "-q", "1,0,5;0,1,7;1,0,-2;0,1,3", "0,1,2,0").out
    assert "XN315" not in done.err
