"""Names of classes that the user gives, and labels that are such names."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Call

ROWS = "0.9,0.1\n0.2,0.8\n0.3,0.7\n"
LOSS = -np.log([0.9, 0.8, 0.7]).mean()
PROBS = ("--input-kind", "probs")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text(ROWS)
    (tmp_path / "y.csv").write_text("cat\ndog\ndog\n")
    (tmp_path / "headed.csv").write_text("species\ncat\ndog\ndog\n")
    np.save(tmp_path / "p.npy", np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
    (tmp_path / "lines").write_text("cat\ndog\n")
    (tmp_path / "list.json").write_text('["cat", "dog"]')
    (tmp_path / "comma").write_text('"cat",dog\n')
    (tmp_path / "both.csv").write_text("0.9,0.1,cat\n0.2,0.8,dog\n0.3,0.7,dog\n")
    return tmp_path


@pytest.mark.parametrize("logits", ["p.csv", "p.npy", "0.9,0.1; 0.2,0.8; 0.3,0.7"])
@pytest.mark.parametrize("targets", ["y.csv", "headed.csv", "cat,dog,dog", "0,1,1"])
@pytest.mark.parametrize("names", ["cat,dog", "lines", "list.json", "comma"])
@pytest.mark.usefixtures("files")
def test_labels_are_names(logits: str, targets: str, names: str, call: Call) -> None:
    done = call("compute", "-q", logits, targets, *PROBS, "--class-names", names)
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)


@pytest.mark.usefixtures("files")
def test_labels_beside_the_logits_are_names(call: Call) -> None:
    options = (*PROBS, "--target-column", "2", "--class-names", "cat,dog")
    done = call("compute", "-q", "both.csv", *options)
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)
    assert "cat" in call("compute", "both.csv", *options).out


@pytest.mark.usefixtures("files")
def test_the_order_of_the_names_is_that_of_the_logits(call: Call) -> None:
    done = call("compute", "-q", "p.csv", "y.csv", *PROBS, "--class-names", "dog,cat")
    assert float(done.out) == pytest.approx(-np.log([0.1, 0.2, 0.3]).mean(), rel=1e-12)


@pytest.mark.parametrize("targets", ["y.csv", "headed.csv", "cat,dog,dog"])
@pytest.mark.usefixtures("files")
def test_words_ask_for_names_by_an_option_that_runs(targets: str, call: Call) -> None:
    done = call("compute", "-q", "p.csv", targets, *PROBS)
    assert (done.status, done.out) == (2, "")
    assert "--class-names cat,dog" in done.err
    done = call("compute", "-q", "p.csv", targets, *PROBS, "--class-names", "cat,dog")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("p.csv", "0,1,1", "--class-names", "cat,dog,emu"), "XE205", "for 2 classes"),
        (("p.npy", "0,1,1", "--class-names", "cat,dog,emu"), "XE205", "for 2 classes"),
        (("p.csv", "0,1,1", "--class-names", "cat,cat"), "XE210", "given 2 times"),
        (("p.csv", "0,1,1", "--class-names", "cat,,dog"), "XE210", "a name is missing"),
        (("p.csv", "cat,dgo,dog", "--class-names", "cat,dog"), "XE101", "are cat, dog"),
        (("p.csv", "cat", "--class-names", "dog,emu"), "XE101", "there is no file cat"),
        (("p.csv", "missing.csv"), "XE101", "there is no file missing.csv"),
    ],
)
@pytest.mark.usefixtures("files")
def test_refused(arguments: tuple[str, ...], code: str, text: str, call: Call) -> None:
    done = call("compute", *arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"error[{code}]")
    assert text in done.err


@pytest.mark.usefixtures("files")
def test_a_file_wins_over_labels(call: Call, files: Path) -> None:
    (files / "cat,dog,dog").write_text("1\n1\n1\n")
    done = call("compute", "-q", "p.csv", "cat,dog,dog", *PROBS, "--class-names", "cat,dog")
    assert float(done.out) == pytest.approx(-np.log([0.1, 0.8, 0.7]).mean(), rel=1e-12)
