"""The options of `xent compute`, and its exit status."""

import errno
import json
from pathlib import Path

import pytest

from conftest import Call

LOGITS, TARGETS = "1,0,0; 0,1,0; 0,0,1", "0,1,2"


def test_the_mean_loss_is_the_very_last_line(call: Call) -> None:
    done = call("compute", LOGITS, TARGETS, "--signature")
    assert done.status == 0
    assert done.out.splitlines()[-1] == "mean loss       0.5514"
    assert done.out.splitlines()[-3].startswith("signature       xent|n:3|C:3|")
    assert "signature" not in call("compute", LOGITS, TARGETS).out
    assert not done.err


def test_digits(call: Call) -> None:
    assert call("compute", LOGITS, TARGETS, "--digits", 10).out.endswith("0.5514447139\n")


def test_negative_numbers_in_place(call: Call) -> None:
    assert call("compute", "-q", "-1.5,2", "0").out == "3.5297504182726205\n"
    assert call("compute", "-q", "-.5,-inf", "0").out == "0.0\n"


def test_ignored_rows(call: Call) -> None:
    found = json.loads(call("compute", LOGITS, "0,-1,2", "--ignore-index", -1, "--format=json").out)
    assert (found["rows"], found["counted"], found["ignored"], found["weight"]) == (3, 2, 1, 2)
    assert "|ignore:-1|" in found["signature"]


def test_one_based_targets(call: Call) -> None:
    done = call("compute", LOGITS, "1,2,3", "--one-based", "--format", "plain")
    assert done.out.startswith("loss\t0.5514447139320511\n")
    assert "|base:1|" in done.out


def test_one_based_targets_with_zero_ignored(call: Call) -> None:
    done = call("compute", "-q", LOGITS, "1,0,3", "--one-based", "--ignore-index", 0)
    assert done.out == "0.5514447139320511\n"


def test_warnings_leave_the_status_alone_but_for_strict(call: Call) -> None:
    done = call("compute", "-q", "1,nan", "0")
    assert (done.status, done.out) == (0, "nan\n")
    assert done.err.startswith("warning[XC601]: 1 logit is nan or inf, in row 0: the loss is nan\n")
    strict = call("compute", "-q", "1,nan", "0", "--strict")
    assert (strict.status, strict.out) == (2, "")
    assert strict.err.startswith("error[XC601]: ")


def test_many_rows_are_counted_and_the_first_named(call: Call) -> None:
    done = call("compute", "-q", "1,inf;" * 9 + "1,2", "0,0,0,0,0,0,0,0,0,0")
    assert "9 logits are nan or inf, in rows 0, 1, 2 and 6 more: the loss is nan" in done.err


def test_no_rows_counted(call: Call) -> None:
    done = call("compute", "-q", "1,2; 3,4", "-100,-100")
    assert (done.status, done.out) == (0, "nan\n")
    assert done.err.startswith("warning[XC605]: no row counts, 2 are ignored")


def test_a_loss_beyond_the_doubles(call: Call) -> None:
    done = call("compute", "-q", "1e308,-1e308", "1")
    assert (done.status, done.out) == (0, "inf\n")
    assert done.err.startswith("warning[XC606]: the loss exceeds the largest double in row 0\n")


def test_a_mask_is_no_warning(call: Call) -> None:
    done = call("compute", "1,-inf", "0", "--strict")
    assert (done.status, done.out[-7:]) == (0, "0.0000\n")
    assert done.err.startswith("note[XN302]: 1 logit is -inf at classes other than the target")


def test_nan_in_an_ignored_row_is_not_worth_a_word(call: Call) -> None:
    done = call("compute", "-q", "1,nan; 0,1", "-100,0")
    assert (done.out, done.err) == (call("compute", "-q", "0,1", "0").out, "")


def test_targets_given_twice(call: Call) -> None:
    done = call("compute", "-q", '{"logits": [[40, 0]], "targets": [1]}', "0")
    assert done.out == "4.248354255291589e-18\n"
    assert not done.err
    loud = call("compute", '{"logits": [[40, 0]], "targets": [1]}', "0")
    assert loud.err == "note[XN301]: <logits> also holds targets; those of <targets> are used\n"


@pytest.mark.parametrize(
    ("limit", "status"), [("0.5514447139320511", 0), ("0.5514447139320510", 1), ("inf", 0)]
)
def test_fail_above(limit: str, status: int, call: Call) -> None:
    done = call("compute", "-q", LOGITS, TARGETS, "--fail-above", limit)
    assert (done.status, done.out) == (status, "0.5514447139320511\n")
    assert done.err.startswith(
        "error[XE301]: the loss 0.5514447139320511 is above" if status else ""
    )


def test_a_loss_of_nan_fails_any_limit(call: Call) -> None:
    assert call("compute", "-q", "1,nan", "0", "--fail-above", "inf").status == 1


def test_output_to_a_file(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "loss.txt"
    done = call("compute", LOGITS, TARGETS, "-o", file)
    assert (done.status, done.out) == (0, "")
    assert file.read_text() == call("compute", LOGITS, TARGETS).out
    assert [path.name for path in tmp_path.iterdir()] == ["loss.txt"]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.json", "{"),
        ("a.jsonl", '{"row": 0'),
        ("a.csv", "row,target"),
        ("a.md", "**logits**"),
        ("a.tsv", "row\ttarget"),
        ("a", "logits  z"),
    ],
)
def test_the_file_s_name_chooses_the_format(
    name: str, start: str, call: Call, tmp_path: Path
) -> None:
    call("compute", LOGITS, TARGETS, "-o", tmp_path / name)
    assert (tmp_path / name).read_text().startswith(start)
    call("compute", LOGITS, TARGETS, "-o", tmp_path / name, "--format", "plain")
    assert (tmp_path / name).read_text().startswith("loss\t")


def test_a_failure_leaves_the_old_file(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "loss.csv"
    file.write_text("old")
    logits = b"1,2\n" * 300_000 + b"1,x\n"
    done = call("compute", "-", "0", "-o", file, stdin=logits)
    assert done.status == 2
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["loss.csv"]


def test_a_failure_at_the_last_step_leaves_the_old_file(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    file = tmp_path / "loss.csv"
    file.write_text("old")
    monkeypatch.setattr(Path, "replace", refuse)
    done = call("compute", LOGITS, TARGETS, "-o", file)
    assert (done.status, done.out) == (2, "")
    assert done.err == f"error[XE114]: cannot write to {file}: Input/output error\n"
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["loss.csv"]


def test_a_file_can_be_read_and_written_at_once(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("40,0\n")
    link = tmp_path / "link.csv"
    link.symlink_to(file)
    file.chmod(0o640)
    assert call("compute", file, "0", "-o", link).status == 0
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text().endswith(",4.248354255291589e-18\n")


def test_output_to_a_device(call: Call) -> None:
    assert call("compute", LOGITS, TARGETS, "-o", "/dev/null").status == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["compute", "1,2", "0", "--digts", "3"], "--digits"),
        (["compute", "1,2", "0", "--format", "tabel"], "'table', 'plain'"),
        (["compute", "1,2", "0", "--input-format", "cvs"], "'csv'"),
        (["comput", "1,2", "0"], "hint: did you mean compute?"),
        (["1,2", "0"], "hint: did you mean: xent compute 1,2 0"),
        (["compute", "1,2", "0", "--rows", "0"], "--rows"),
        (["compute", "1,2", "0", "--digits", "18"], "--digits"),
        (["compute", "1,2", "0", "--fail-above", "nan"], "a loss of nan always fails"),
        (["compute"], "error[XE001]: LOGITS is missing"),
        (["compute", "1,2", "0", "3"], "xent compute takes at most 2 arguments, not 3"),
    ],
)
def test_bad_usage_says_what_was_meant(arguments: list[str], text: str, call: Call) -> None:
    done = call(*arguments)
    assert done.status == 2
    assert not done.out
    assert text in done.err


def test_help_lists_the_formats(call: Call) -> None:
    for flags in (["-h"], ["--help"]):
        assert "compute" in call(*flags).out
        text = call("compute", *flags).out
        words = " ".join(text.split())
        assert "npy, npz, safetensors, parquet, arrow, arrow-stream, hdf5, llama, json," in words
        assert (
            "One of table, plain, json, jsonl, csv, tsv, markdown, github, state, npy, parquet."
            in words
        )


def test_columns_counted_from_the_last(call: Call, tmp_path: Path) -> None:
    logits, targets = tmp_path / "logits.csv", tmp_path / "targets.csv"
    logits.write_text("a,b,pet,name\n40,0,a,x\n0,40,a,y\n")
    targets.write_text("kind,name\n1,y\n0,x\n")
    expected = call("compute", "-q", "40,0; 0,40", "0,1").out
    by_name = ("--join", "-1", "--index-column", "-2", "--target-column", "-2")
    assert call("compute", "-q", logits, targets, *by_name).out == expected
