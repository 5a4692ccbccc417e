"""What names, terminals, runners and limits may do to the output."""

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Call
from xent.render.inert import InertText, inert_text

COMMAND = re.compile(r"^[^\S\n]*(::|##\[)", re.MULTILINE)
pieces = st.lists(st.text("a: #[\n", max_size=8), max_size=8)


@given(pieces)
def test_no_line_is_a_command(parts: list[str]) -> None:
    written: list[str] = []
    writer = InertText(written.append)
    for part in parts:
        writer.write(part)
    # Marks are words of the program, of which none is cut in two.
    if not any(end.endswith((":", "#", "##")) for end in parts):
        assert not COMMAND.search("".join(written))
    assert "".join(written).replace("\\x3a", ":").replace("\\x23", "#") == "".join(parts)


@pytest.mark.parametrize(
    "text", ["a :: b\n", "a ##[b]\n", ":a:\n", "# [a\n", "#[x]\n", "##\n", "x\n:\n:\n"]
)
def test_what_no_runner_obeys_stays(text: str) -> None:
    assert inert_text(text) == text


NAMES = ["::error::pwn", "  ::error::pwn", "##[error]pwn", "\t##[set-env name=A]b", "\u3000::a::b"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "arguments",
    [
        ["compute", "FILE", "1,0,2,0"],
        ["compute", "FILE", "1,0,2,0", "--format", "markdown"],
        ["compute", "FILE", "1,0,2,0", "--format", "json"],
        ["compute", "FILE", "1,0,2,0", "--stage", "softmax", "--format", "csv"],
        ["compute", "FILE", "1,0,2,0", "--stage", "softmax", "--format", "tsv"],
        ["check", "FILE", "1,0,2,0"],
        ["check", "FILE", "1,0,2,0", "--format", "markdown"],
        ["explain", "FILE", "1,0,2,0"],
        ["explain", "FILE", "1,0,2,0", "--format", "html"],
        ["inspect", "FILE"],
        ["compare", "FILE", "FILE", "1,0,2,0"],
        ["verify", "FILE", "1,0,2,0", "--with", "pencil"],
        ["compute", "FILE", "0,1"],
    ],
    ids=" ".join,
)
def test_a_name_of_a_class_is_no_command(
    name: str, arguments: list[str], tmp_path: Path, call: Call
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'"{name}",dog,cat\n3,1,0\n1,5,2\n0,0,4\n2,1,0\n')
    done = call(*(path if word == "FILE" else word for word in arguments), "--header", "yes")
    assert done.out or done.err
    assert not COMMAND.search(done.out + done.err)


def test_commands_that_are_meant_are_written(call: Call) -> None:
    for command in ("compute", "check"):
        done = call(command, "1,0,0;0,1,0;0,0,1", "1,2,3", "--one-based", "--format", "github")
        assert not done.out or done.out.startswith("::")
    done = call("check", "5,0,0;0,5,0;0,0,5", "1,2,3", "--format", "github")
    assert done.out.startswith("::")


def test_a_csv_header_keeps_the_name(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"::a",dog\n3,1\n1,5\n')
    done = call("compute", path, "1,0", "--header", "yes", "--stage", "softmax", "--format", "csv")
    assert done.out.splitlines()[0] == '"::a","dog"'


# Names of files.


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.csv"))
    try:
        path.write_text("3,1,0\n1,5,2\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    return path


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("compute", "json"),
        ("check", "json"),
        ("check", "markdown"),
        ("inspect", "json"),
        ("inspect", "table"),
        ("explain", "markdown"),
        ("explain", "html"),
        ("explain", "json"),
    ],
)
def test_a_file_whose_name_is_not_utf_8(
    command: str, kind: str, odd: Path, tmp_path: Path, call: Call
) -> None:
    arguments = [] if command == "inspect" else ["0,1"]
    out = tmp_path / "result"
    for target in ([], ["-o", out]):
        done = call(command, odd, *arguments, "--format", kind, *target)
        assert done.status in (0, 1), done.err
        written = done.out.encode() if not target else out.read_bytes()
        assert written.decode()
        if kind == "json":
            orjson.loads(written)


def test_links(tmp_path: Path, call: Call) -> None:
    one, two, to_file, to_nothing = (tmp_path / name for name in ("one", "two", "file", "nothing"))
    one.symlink_to(two)
    two.symlink_to(one)
    done = call("compute", "1,2", "0", "-o", one)
    assert done.status == 2
    assert done.err.startswith(f"error[XE114]: cannot write to {one}: ")
    assert one.is_symlink()
    to_file.symlink_to(tmp_path / "there")
    to_nothing.symlink_to(to_file)
    for link in (to_nothing, to_file):
        assert call("compute", "-q", "1,2", "0", "-o", link).status == 0
        assert link.is_symlink()
        assert (tmp_path / "there").read_text() == "1.3132616875182228\n"


# The process.


def shell(command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in which xent is this program."""
    xent = f'xent() {{ {sys.executable} -m xent "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", xent + command], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        "xent --version",
        "xent --help",
        "xent compute --help",
        "xent compute 1,2 0",
        "xent rule XE101",
    ],
)
def test_a_standard_output_that_is_closed(command: str) -> None:
    done = shell(f"{command} >&-")
    assert (done.returncode, done.stderr) == (2, "error[XE114]: standard output is closed\n")


def test_a_result_goes_to_a_file_where_standard_output_is_closed(tmp_path: Path) -> None:
    assert shell(f"xent compute -q 1,2 0 -o {tmp_path}/a.txt >&-").returncode == 0
    assert (tmp_path / "a.txt").read_text() == "1.3132616875182228\n"


@pytest.mark.skipif(sys.platform != "linux", reason="limits differ")
@pytest.mark.parametrize("limit", [20_000, 40_000, 60_000, 80_000, 120_000])
def test_a_limit_of_memory_below_numpy_is_one_error(limit: int) -> None:
    done = shell(f"ulimit -v {limit}; xent compute -q 1,2 0")
    if done.returncode == 0:
        pytest.skip("it is enough here")
    assert done.returncode in (2, 127)  # of a shell that cannot start Python itself
    assert done.stdout == ""
    if done.returncode == 2:
        assert done.stderr.startswith("error")
        assert len(done.stderr.splitlines()) <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="limits differ")
def test_a_limit_of_memory_that_suffices() -> None:
    assert shell("ulimit -v 4000000; xent compute -q 1,2 0").stdout == "1.3132616875182228\n"


@pytest.mark.parametrize(
    ("module", "content", "words"),
    [
        (
            "pyarrow",
            "raise ImportError('libarrow.so: failed to map')",
            "cannot be loaded: libarrow",
        ),
        ("pyarrow", "import nosuchmodule", "cannot be loaded: No module named 'nosuchmodule'"),
        ("pyarrow", "raise OSError('no disk')", "cannot be loaded: no disk"),
        ("elsewhere", "", "pyarrow, which is not installed"),
    ],
)
def test_a_library_that_cannot_be_loaded_is_not_missing(
    module: str,
    content: str,
    words: str,
    tmp_path: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / module).mkdir()
    (tmp_path / module / "__init__.py").write_text(content)
    for loaded in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, loaded)
    if module == "elsewhere":
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"PAR1....PAR1")
    done = call("compute", tmp_path / "a.parquet")
    assert done.status == 2
    assert done.err.startswith(
        f"error[XE119]: to read {tmp_path}/a.parquet takes pyarrow, which is "
    )
    assert words in done.err


@pytest.mark.parametrize("option", [["--index-column", "nosuch"], ["--header", "yes"]])
def test_an_option_of_files_without_a_file(option: list[str], tmp_path: Path, call: Call) -> None:
    for command in (["compute", "1,2", "0"], ["inspect", "1,2"], ["check", "1,2", "0"]):
        done = call(*command, *option)
        assert done.status == 2
        assert done.err.startswith(f"error[XE210]: {option[0]} is about files, ")
    (tmp_path / "a.csv").write_text("nosuch,a,b\n7,1,2\n")
    assert call("compute", "-q", tmp_path / "a.csv", "0", *option).status == 0


def test_a_row_longer_than_its_header(tmp_path: Path, call: Call) -> None:
    (tmp_path / "a.csv").write_text("label\n1,-.5,a\n2e3,nan,b\n")
    done = call("compute", tmp_path / "a.csv", "0,1")
    assert done.status == 2
    assert done.err.startswith("error[XE201]: 'a' is not a number\n")
