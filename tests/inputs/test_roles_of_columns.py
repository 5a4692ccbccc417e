"""Which columns are classes: what the user says, then names, then content."""

import math
from pathlib import Path

import numpy as np
import pytest

from conftest import Call, calculated

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
    done = calculated(call, path, "--input-kind", "probs")
    assert done.status == 0
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)
    assert "note[XN309]" in done.err


def test_two_kinds_of_scores_are_told_apart_by_their_sums(call: Call, tmp_path: Path) -> None:
    both = table(tmp_path / "t.csv", "P,prob_any,prob_all", [0.9, 0.3, 0.5, 0.6], [1.9, 88, 4, 2])
    done = calculated(call, both, "0,1,2,0", "--input-kind", "probs")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)
    assert "prob_any, prob_all" in done.err


def test_where_nothing_decides_the_columns_are_named(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("logit_a,logit_b,speed,mass\n1,2,3,4\n2,1,7,1\n0,1,5,5\n")
    done = call("compute", tmp_path / "t.csv", "0,1,1")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE216]")
    for named in ("logit_a, logit_b", "speed, mass", "--class-columns 'logit_*'"):
        assert named in done.err
    chosen = calculated(call, tmp_path / "t.csv", "0,1,1", "--class-columns", "logit_*")
    plain = calculated(call, "1,2;2,1;0,1", "0,1,1")
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
    done = calculated(call, tmp_path / "t.csv", "0,1", "--input-kind", "probs")
    assert done.status == 0
    assert float(done.out) == pytest.approx(-np.log([0.5, 0.8]).mean(), rel=1e-12)
    assert "XN315" not in done.err


def test_whole_numbers_without_names_are_logits(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("1,4,1,1\n5,1,2,1\n1,2,5,1\n")
    done = calculated(call, tmp_path / "t.csv", "1,0,2")
    assert done.out == "0.10165968125955888\n"
    assert done.err == ""


def test_one_column_of_probabilities_is_a_binary_loss(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y_true,y_prob\n1,0.9\n0,0.2\n")
    done = call("compute", tmp_path / "t.csv")
    path = tmp_path / "t.csv"
    assert done.err.endswith(
        "hint: if these are probabilities of yes, use --binary --input-kind probs\n"
        f"  command: xent compute {path} --binary --input-kind probs\n"
    )


def test_small_whole_numbers_that_sum_to_one_are_no_evidence(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n1,0,5\n0,1,7\n1,0,-2\n0,1,3\n")
    done = calculated(call, tmp_path / "t.csv", "0,1,2,0")
    assert done.out == call("compute", "-q", "1,0,5;0,1,7;1,0,-2;0,1,3", "0,1,2,0").out
    assert "XN315" not in done.err


DECIMALS = np.array([[0.5, 1.5], [0.5, -1.5], [1.25, 2.5], [-0.5, 1.5], [2.5, 1.5], [0.1, -0.2]])
COUNTS = [33, 20, 41, 18, 77, 50]


def beside_decimals(path: Path, name: str, cells: list[int]) -> Path:
    lines = [f"a,b,{name}", *(f"{a},{b},{x}" for (a, b), x in zip(DECIMALS, cells, strict=True))]
    path.write_text("\n".join(lines))
    return path


def test_whole_numbers_among_decimals_are_asked_about(call: Call, tmp_path: Path) -> None:
    path, targets = beside_decimals(tmp_path / "t.csv", "age", COUNTS), "0,1,0,1,0,1"
    done = call("compute", path, targets)
    assert (done.status, done.out) == (2, "")
    assert "the column age of" in done.err
    assert "whole numbers, 18 to 77" in done.err
    rows = ";".join(",".join(map(str, row)) for row in DECIMALS)
    plain = calculated(call, rows, targets).out
    assert call("compute", "-q", path, targets, "--index-column", "age").out == plain
    assert call("compute", "-q", path, targets, "--class-columns", "a,b").out == plain
    every = calculated(call, path, targets, "--class-columns", "*")
    assert (every.status, every.out != plain) == (0, True)


def test_a_column_that_is_the_argmax_is_no_class(call: Call, tmp_path: Path) -> None:
    path = beside_decimals(tmp_path / "t.csv", "out", DECIMALS.argmax(axis=1).tolist())
    done = calculated(call, path, "0,1,0,1,0,1")
    rows = ";".join(",".join(map(str, row)) for row in DECIMALS)
    assert done.out == call("compute", "-q", rows, "0,1,0,1,0,1").out
    assert "note[XN315]: the column out of" in done.err


@pytest.mark.parametrize("cells", [["cat", "dog", "cat", "dog", "cat", "dog"], [0, 1, 0, 1, 0, 1]])
def test_a_column_that_may_be_the_targets_is_named(
    cells: list[str], call: Call, tmp_path: Path
) -> None:
    lines = [f"{a},{b},{x}" for (a, b), x in zip(DECIMALS, cells, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["cat,dog,animal", *lines]))
    done = call("compute", tmp_path / "t.csv")
    assert done.err.startswith("error[XE108]")
    assert "--target-column animal" in done.err
    found = calculated(call, tmp_path / "t.csv", "--target-column", "animal")
    rows = ";".join(",".join(map(str, row)) for row in DECIMALS)
    assert found.out == call("compute", "-q", rows, "0,1,0,1,0,1").out
    shown = call("inspect", tmp_path / "t.csv").out.strip().splitlines()[-1]
    assert call("compute", "-q", *shown.split()[2:]).out == found.out


@pytest.mark.parametrize(
    "rows",
    [
        "5,1,2\n3,3,1\n0,1,9\n2,2,1\n7,1,2\n3,4,5\n",  # all are whole
        "0.5,1.5,3\n0.5,0.25,-1\n1.5,0.5,2\n0.5,1.5,3\n0.5,0.25,1\n1.5,0.5,2\n",  # one is negative
        "0.5,1.5,0\n0.5,0.25,0\n1.5,0.5,0\n0.5,1.5,0\n0.5,0.25,0\n1.5,0.5,0\n",  # all are equal
        "0.5,1.5,3.0\n0.5,0.25,1.0\n1.5,0.5,2.0\n0.5,1.5,3.0\n0.5,0.25,1.0\n1.5,0.5,2.0\n",
        "0.5,1.5,3\n0.5,0.25,1\n1.5,0.5,2\n",  # few rows
    ],
)
def test_whole_numbers_may_be_logits(rows: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"a,b,c\n{rows}")
    targets = ",".join("012"[row % 3] for row in range(rows.count("\n")))
    done = calculated(call, tmp_path / "t.csv", targets)
    assert done.out == call("compute", "-q", rows.strip().replace("\n", ";"), targets).out
    assert "XN315" not in done.err


def test_a_prediction_with_decimals_is_the_probability_of_yes(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y_true,y_pred\n1,0.9\n0,0.2\n1,0.4\n")
    options = ("--binary", "--input-kind", "probs")
    done = calculated(call, tmp_path / "t.csv", *options)
    assert float(done.out) == pytest.approx(-np.log([0.9, 0.8, 0.4]).mean(), rel=1e-12)
    shown = call("inspect", tmp_path / "t.csv").out.strip().splitlines()[-1]
    assert call("compute", "-q", *shown.split()[2:]).out == done.out
    (tmp_path / "t.csv").write_text("y_true,y_pred\n1,1\n0,0\n1,0\n")
    assert call("compute", "-q", tmp_path / "t.csv", *options).err.startswith("error[XE215]")


def test_columns_at_the_ends_are_left_out_by_the_sums(call: Call, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "draw,P,either", [0.5, 0.25, 0.5, 0.5], [0.9, 0.9, 0.8, 0.5])
    done = call("compute", "-q", path, "0,1,2,0", "--input-kind", "probs")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)


def test_logarithms_are_told_by_their_sums(call: Call, tmp_path: Path) -> None:
    logs = [",".join(map(repr, row)) for row in np.log(PROBS).tolist()]
    lines = [f"{row},{x}" for row, x in zip(logs, (9.5, 0.25, 3.5, 1.0), strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["log_p_a,log_p_b,log_p_c,speed", *lines]))
    done = call("compute", "-q", tmp_path / "t.csv", "0,1,2,0", "--input-kind", "log-probs")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)


def test_parquet_has_the_evidence_of_text(call: Call, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    a, b = DECIMALS.T
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"a": a, "b": b, "age": COUNTS}), path)
    assert call("compute", path, "0,1,0,1,0,1").err.startswith("error[XE216]")
    parquet.write_table(pa.table({"cat": a, "dog": b, "animal": ["cat", "dog"] * 3}), path)
    done = call("compute", path)
    assert "--target-column animal" in done.err
    assert call("compute", "-q", path, "--target-column", "animal").status == 0


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ("2,-1,3; -2,1,0.5", "1,0,1; 0,1,1"),
        ("2,-1,3; -2,1,0.5", "1,0,0; 0,0,0"),
        ("[2, -1, 3]", "[1, 0, 1]"),
    ],
)
def test_labels_of_yes_and_no_need_the_binary_loss(logits: str, targets: str, call: Call) -> None:
    done = call("compute", logits, targets)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE217]")
    assert "--binary" in done.err
    assert call("compute", "-q", logits, targets, "--binary").status == 0


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ("1,0,0; 0,1,0", "1,0,0; 0,1,0"),
        ("[2, -1, 3]", "[0, 0, 1]"),
        ("2,-1,3", "0.25,0.5,0.25"),
        ("2,-1,3; -2,1,0.5", "0.5,0.5,0; 0,1,0"),
    ],
)
def test_one_hot_rows_and_shares_are_distributions(logits: str, targets: str, call: Call) -> None:
    assert call("compute", logits, targets).status == 0


@pytest.mark.parametrize(
    "names",
    [
        "cat_prob,dog_prob,emu_prob",
        "confidence(cat),confidence(dog),confidence(emu)",
        "P (species=cat),P (species=dog),P (species=emu)",
        "RawFormulaVal:Class=cat,RawFormulaVal:Class=dog,RawFormulaVal:Class=emu",
        ".pred_cat,.pred_dog,.pred_emu",
    ],
)
def test_labels_name_columns_without_what_all_have_in_common(
    names: str, call: Call, tmp_path: Path
) -> None:
    rows = [[*row, label] for row, label in zip(PROBS.tolist(), WORDS, strict=True)]
    lines = [f"{names},label", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "both.csv").write_text("\n".join(lines))
    (tmp_path / "z.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines))
    (tmp_path / "y.csv").write_text("\n".join(WORDS))
    kind = ("--input-kind", "probs")
    for files in (["both.csv"], ["z.csv", "y.csv"]):
        done = calculated(call, *(tmp_path / file for file in files), *kind)
        assert float(done.out) == pytest.approx(LOSS, rel=1e-12)
        assert "note[XN317]" in done.err
    (tmp_path / "y.csv").write_text("at\nog\nmu\nat\n")
    assert call("compute", tmp_path / "z.csv", tmp_path / "y.csv", *kind).status == 2


@pytest.mark.parametrize(
    "names", ["correct,incorrect,unsure", "loss,win,draw", "fold,call,raise", "margin,edge,core"]
)
def test_a_class_may_be_called_as_other_columns_are(names: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{names}\n1.5,-0.5,0.25\n-0.25,0.5,1.5\n0.5,0.25,1.25\n")
    done = calculated(call, tmp_path / "t.csv", "0,1,2")
    expected = calculated(call, "1.5,-0.5,0.25; -0.25,0.5,1.5; 0.5,0.25,1.25", "0,1,2")
    assert (done.out, "XN315" in done.err) == (expected.out, False)


def test_a_column_of_words_is_no_class_whatever_its_name(call: Call, tmp_path: Path) -> None:
    text = "cat,dog,status,label\n0.9,0.1,APPROVED,cat\n0.2,0.8,PENDING,dog\n0.6,0.4,,cat\n"
    (tmp_path / "t.csv").write_text(text)
    done = calculated(call, tmp_path / "t.csv", "--input-kind", "probs")
    assert done.status == 0
    assert "the column status of " in done.err
    # A word among numbers is a fault.
    (tmp_path / "t.csv").write_text(text.replace("0.8", "o.8"))
    done = call("compute", tmp_path / "t.csv", "--input-kind", "probs")
    assert "'o.8' is not a number in column dog" in done.err


def test_scores_may_all_be_called_predictions(call: Call, tmp_path: Path) -> None:
    header = "pet_cat_PREDICTION,pet_dog_PREDICTION,pet_PREDICTION,pet\n"
    rows = "0.9,0.1,cat,cat\n0.2,0.8,dog,dog\n0.6,0.4,cat,dog\n"
    (tmp_path / "t.csv").write_text(header + rows)
    words = (tmp_path / "t.csv", "--input-kind", "probs")
    done = call("compute", "-q", *words, "--target-column", "pet")
    assert float(done.out) == pytest.approx(-(math.log(0.9) + math.log(0.8) + math.log(0.4)) / 3)


@pytest.mark.parametrize(
    "header",
    ["species,P (species=cat),P (species=dog),Prediction (species)", "species,p1,p2,pred"],
)
def test_a_column_of_labels_on_the_left_is_suggested_as_the_targets(
    header: str, call: Call, tmp_path: Path
) -> None:
    pairs = [("cat", 0.75), ("dog", 0.25)] * 3
    rows = "".join(f"{word},{p},{1 - p},{word}\n" for word, p in pairs)
    (tmp_path / "t.csv").write_text(f"{header}\n{rows}")
    words = ("compute", str(tmp_path / "t.csv"), "--input-kind", "probs")
    done = call(*words)
    assert done.status == 2
    assert done.err.endswith(f"  command: xent {' '.join(words)} --target-column species\n")


def test_labels_without_a_class_are_answered_with_the_names(call: Call, tmp_path: Path) -> None:
    rows = "".join(f"{word},{p},{1 - p}\n" for word, p in [("cat", 0.75), ("dog", 0.25)] * 3)
    (tmp_path / "t.csv").write_text(f"species,p1,p2\n{rows}")
    words = ("compute", str(tmp_path / "t.csv"), "--target-column", "species", "-q")
    done = call(*words)
    command = f"xent {' '.join(words)} --class-names cat,dog"
    assert done.err.endswith(f"  command: {command}\n")
    done = call(*command.split()[1:], "--input-kind", "probs")
    assert float(done.out) == pytest.approx(-math.log(0.75))


def test_a_table_of_targets_without_a_usual_name_is_refused_with_the_column(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("cat,dog\n" + "0.75,0.25\n0.25,0.75\n" * 2)
    (tmp_path / "t.csv").write_text("width,height,species\n" + "1.5,2.5,cat\n3.5,1.5,dog\n" * 2)
    words = ("compute", tmp_path / "p.csv", tmp_path / "t.csv", "-q", "--input-kind", "probs")
    done = call(*words)
    assert done.err.endswith("--target-column species\n")
    done = call(*words, "--target-column", "species")
    assert float(done.out) == pytest.approx(-math.log(0.75))
