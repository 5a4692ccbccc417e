"""Names that stand for several files: a pattern, or a manifest that lists them."""

import os.path
import re
import shlex
from collections.abc import Iterator
from glob import glob

from xent.errors import Code, InputError, Location
from xent.inputs.formats.text import whole_text
from xent.inputs.inline import is_inline
from xent.inputs.part import Part
from xent.inputs.sources.reading import FOUND_OUT, Reading
from xent.inputs.sources.source import Source

_MANIFEST = "@"
_NOUNS = {"logits": "logits", "targets": "targets", "sample_weight": "sample weights"}


def shards_of(
    logits: str, targets: str | None, sample_weight: str | None, reading: Reading = FOUND_OUT
) -> tuple[Part, ...]:
    """The pieces of an input: one, or one for each file that a pattern or a manifest names.

    Args:
        logits: A pattern such as `part-*.npy`, `@` and the name of a manifest, or anything that
            `read_inputs` takes.
        targets: A pattern where `logits` is one; its files are paired in sorted order. None where
            the logits' files hold both, or the manifest names them.
        sample_weight: As `targets`.
        reading: How they are to be read.

    Raises:
        InputError: No file matches, the matches are no pairs, or the manifest cannot be read.
    """
    if logits.startswith(_MANIFEST) and not os.path.exists(logits):  # noqa: PTH110  any text
        if targets is not None or sample_weight is not None:
            raise InputError(
                Code.BAD_SETTING,
                f"{logits} names all files: leave out TARGETS and --sample-weight",
                hint="each of its lines is: LOGITS TARGETS SAMPLE_WEIGHT",
            )
        listed = _listed(logits.removeprefix(_MANIFEST))
        return tuple(_part(names, reading) for names in listed)
    given = zip(_NOUNS, (logits, targets, sample_weight), strict=True)
    files = {role: _matches(name) for role, name in given if name is not None}
    for role, names in files.items():
        _require_pairs(role, names, files["logits"])
    if len(files["logits"]) > 1 and reading.keys:
        raise InputError(
            Code.BAD_SETTING,
            f"--join {reading.keys.column} is for one file of logits, and {logits} names several",
            hint="leave out --join where the rows of each file stand in the order of its targets",
        )
    rows = zip(*files.values(), strict=True)
    return tuple(_part(dict(zip(files, row, strict=True)), reading) for row in rows)


def _part(names: dict[str, str], reading: Reading) -> Part:
    return Part(names["logits"], names.get("targets"), names.get("sample_weight"), reading)


def _matches(name: str) -> list[str]:
    """The files that match a pattern; what is none stands for itself."""
    is_pattern = re.search(r"[*?[]", name) and not is_inline(name)
    if not is_pattern or os.path.exists(name):  # noqa: PTH110  as above
        return [name]
    files = sorted(filter(os.path.isfile, glob(name, recursive=True)))  # noqa: PTH207  as given
    if not files:
        raise InputError(
            Code.FILE_NOT_FOUND, f"no file matches {name}", hint="* stands for any characters"
        )
    return files


def _require_pairs(role: str, names: list[str], logits: list[str]) -> None:
    """Refuse files that are not as many, or whose numbers show that they are no pairs."""
    noun = _NOUNS[role]
    if len(names) != len(logits):
        raise InputError(
            Code.COUNT_MISMATCH,
            f"{_counted(logits)} of logits, but {_counted(names)} of {noun}",
            hint="each file of logits needs one: is a file missing?",
        )
    apart, others = _distinctions(logits), _distinctions(names)
    if apart != others and not set(apart).isdisjoint(others):
        logit, name = next(
            pair
            for pair, one, two in zip(zip(logits, names, strict=True), apart, others, strict=True)
            if one != two
        )
        raise InputError(
            Code.COUNT_MISMATCH,
            f"in sorted order {logit} meets {name}: these are no pair",
            hint="is a file missing? else write a manifest, with LOGITS TARGETS on each line, and "
            "give its name after an @",
        )


def _counted(names: list[str]) -> str:
    if len(names) == 1:
        return f"1 file, {names[0]},"
    return f"{len(names)} files, {names[0]} to {names[-1]},"


def _distinctions(names: list[str]) -> list[str]:
    """What tells the names apart: what they neither begin nor end with in common."""
    start = len(os.path.commonprefix(names))  # noqa: RUF071  characters are meant
    rest = [name[start:] for name in names]
    end = len(os.path.commonprefix([name[::-1] for name in rest]))  # noqa: RUF071  as above
    return [name[: len(name) - end] for name in rest]


def _listed(path: str) -> Iterator[dict[str, str]]:
    """The files of a manifest, those of one part on each line."""
    text = whole_text(Source.of(path, "manifest")).text
    for number, line in enumerate(text.splitlines(), 1):
        try:
            names = shlex.split(line)
        except ValueError:
            names = [""] * 9
        if len(names) > 3:
            raise InputError(
                Code.COUNT_MISMATCH,
                f"this line names {len(names)} files",
                Location(path, number, 1, line, len(line)),
                "it is LOGITS TARGETS SAMPLE_WEIGHT, the last two where they are needed; names "
                "with blanks stand in quotes",
            )
        if names:
            yield dict(zip(_NOUNS, names, strict=False))
