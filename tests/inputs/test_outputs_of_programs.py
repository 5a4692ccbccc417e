"""Predictions as machine learning programs write them: fastText, Weka, Orange, libsvm, MATLAB."""

from math import log
from pathlib import Path

import numpy as np
import pytest

from conftest import Call

NAMES = ("cat", "dog", "fox")
ROWS = ((0.7, 0.2, 0.1), (0.1, 0.6, 0.3), (0.25, 0.25, 0.5))
LABELS = ("cat", "fox", "fox")
LOSS = -(log(0.7) + log(0.3) + log(0.5)) / 3
PROBS = ("--input-kind", "probs")


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def sorted_pairs(row: tuple[float, ...]) -> list[tuple[float, str]]:
    return sorted(zip(row, NAMES, strict=True), reverse=True)


def test_scores_beside_labels_of_fasttext(call: Call, tmp_path: Path) -> None:
    lines = [" ".join(f"__label__{name} {p}" for p, name in sorted_pairs(row)) for row in ROWS]
    scores = written(tmp_path, "p.txt", "\n".join(lines) + "\n")
    labels = written(tmp_path, "y.txt", "".join(f"__label__{label}\n" for label in LABELS))
    assert float(call("compute", "-q", scores, labels).out) == pytest.approx(LOSS, rel=1e-15)


def test_scores_beside_numbers_of_vowpal_wabbit(call: Call, tmp_path: Path) -> None:
    lines = [" ".join(f"{at}:{p}" for at, p in enumerate(row, 1)) for row in ROWS]
    scores = written(tmp_path, "p.txt", "\n".join(lines) + "\n")
    done = call("compute", "-q", scores, written(tmp_path, "y.txt", "1\n3\n3\n"))
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)
    assert "header" not in done.err
    assert call("compute", scores, written(tmp_path, "y0.txt", "0\n2\n2\n")).status == 2


def test_a_line_of_other_classes_is_refused(call: Call, tmp_path: Path) -> None:
    scores = written(tmp_path, "p.txt", "a:0.5 b:0.5\na:0.5 c:0.5\n")
    done = call("compute", scores, "0,1")
    assert "this row does not score a, b\n" in done.err
    assert "p.txt:2:" in done.err
    broken = written(tmp_path, "q.txt", "a:0.5 b:0.5\na:0.5 b\n")
    assert "q.txt:2:1" in call("compute", broken, "0,1").err


@pytest.mark.parametrize("line", ["1 1:0.5 2:0.3", "a:0.5", "12:30 14:15:00"])
def test_other_lines_with_colons_are_no_scores(line: str, call: Call, tmp_path: Path) -> None:
    done = call("compute", written(tmp_path, "p.txt", f"{line}\n{line}\n"), "0,1")
    assert (done.status, done.out) == (2, "")


def weka(row: int, separator: str) -> str:
    shares = [f"*{p}" if p == max(ROWS[row]) else f"{p}" for p in ROWS[row]]
    predicted, actual = ROWS[row].index(max(ROWS[row])), NAMES.index(LABELS[row])
    cells = [f"{row + 1}", f"{actual + 1}:{NAMES[actual]}", f"{predicted + 1}:{NAMES[predicted]}"]
    return separator.join([*cells, "+" * (predicted != actual), ",".join(shares)])


@pytest.mark.parametrize("is_csv", [True, False])
def test_predictions_of_weka(is_csv: bool, call: Call, tmp_path: Path) -> None:
    heading = "inst#,actual,predicted,error,distribution,,\n"
    if not is_csv:
        heading = "\n=== Predictions ===\n\n inst#  actual predicted error distribution\n"
    lines = [weka(row, "," if is_csv else "   ") + "\n" for row in range(3)]
    done = call("compute", "-q", written(tmp_path, "weka.txt", heading + "".join(lines)))
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)


def test_the_best_class_of_weka_alone_is_refused(call: Call, tmp_path: Path) -> None:
    text = "inst#,actual,predicted,error,prediction\n1,1:no,1:no,,0.9\n2,2:yes,1:no,+,0.6\n"
    done = call("compute", written(tmp_path, "weka.csv", text))
    assert (done.status, done.out) == (2, "")
    assert "the probability of the predicted class alone" in done.err
    assert "-distribution" in done.err


def test_the_three_lines_of_orange_name_types_and_the_class(call: Call, tmp_path: Path) -> None:
    text = (
        "species\tTree\tTree (cat)\tTree (dog)\tTree (fox)\n"
        "cat dog fox\tcat dog fox\tcontinuous\tcontinuous\tcontinuous\n"
        "class\tmeta\tmeta\tmeta\tmeta\n"
    )
    for label, row in zip(LABELS, ROWS, strict=True):
        text += "\t".join([label, "cat", *map(str, row)]) + "\n"
    done = call("compute", "-q", written(tmp_path, "tree.tab", text), *PROBS)
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)


def test_three_lines_of_names_and_numbers_are_no_types(call: Call, tmp_path: Path) -> None:
    text = "a,b,label\n1,2,0\n3,4,1\n"
    done = call("compute", "-q", written(tmp_path, "t.csv", text))
    assert float(done.out) == pytest.approx((log(1 + np.e) + log(1 + 1 / np.e)) / 2)


def test_the_labels_of_libsvm_are_predictions(call: Call, tmp_path: Path) -> None:
    text = "labels 0 1 2\n"
    text += "".join(f"{row.index(max(row))} {' '.join(map(str, row))}\n" for row in ROWS)
    path = written(tmp_path, "p.txt", text)
    assert call("compute", path, *PROBS).err.startswith("error[XE108]")
    done = call("compute", "-q", path, "0,2,2", *PROBS)
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)


def test_arrays_of_matlab_have_their_axes_turned_back(call: Call, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "out.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["probs"] = np.array(ROWS).T
        file["labels"] = np.array([[1.0, 3, 3]])
        for array in file.values():
            array.attrs["MATLAB_class"] = np.bytes_("double")
    title = b"MATLAB 7.3 MAT-file, Platform: GLNXA64"
    path.write_bytes(title + path.read_bytes()[len(title) :])
    done = call("compute", "-q", path, "--one-based")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)


def test_an_older_file_of_matlab_is_refused_with_the_way_out(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "old.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file, Platform: PCWIN64".ljust(200, b"\0"))
    done = call("compute", path)
    assert done.status == 2
    assert "-v7.3" in done.err
    assert "scipy.io.loadmat" in done.err


def test_percentages_are_called_so(call: Call, tmp_path: Path) -> None:
    text = "cat (%),dog (%),label\n60,40,0\n25,75,1\n"
    done = call("compute", written(tmp_path, "p.csv", text), *PROBS)
    assert "60.0 in column cat (%) is not a probability" in done.err
    assert "each row sums to 100: these are percentages" in done.err


def test_predicted_labels_alone_are_called_so(call: Call, tmp_path: Path) -> None:
    path = written(tmp_path, "predict_results.txt", "index\tprediction\n0\tcat\n1\tdog\n")
    done = call("compute", path, "0,1")
    assert "there are no scores in" in done.err
    assert "cannot be calculated from predicted labels" in done.err
