"""The names of the classes as the user gives them, and labels that are such names."""

import csv
import json
import os.path
import shlex
from collections import Counter
from collections.abc import Sequence

from xent.errors import Code, InputError
from xent.inputs.formats.cells import is_name, listed
from xent.inputs.formats.text import whole_text
from xent.inputs.sources.source import Source


def read_class_names(argument: str) -> tuple[str, ...]:
    """Read the names of the classes: a list such as `cat,dog`, or a file of them.

    A file holds one name per line, one line of names separated by commas, or a JSON list.

    Raises:
        InputError: The file cannot be read, a name is empty, or a name is repeated.
    """
    text = whole_text(Source.of(argument, "names")).text if _is_there(argument) else argument
    names = tuple(name.strip() for name in _split(text))
    if not names or not all(names):
        raise InputError(
            Code.BAD_SETTING,
            f"a name is missing among the class names {argument}",
            hint="--class-names takes names such as cat,dog, or a file with one name per line",
        )
    for name, count in Counter(names).most_common(1):
        if count > 1:
            raise InputError(
                Code.BAD_SETTING,
                f"the class name {name!r} is given {count} times",
                hint="each class needs its own name",
            )
    return names


def require_count(names: Sequence[str], classes: int) -> None:
    """Refuse names that are not as many as the classes.

    Raises:
        InputError: There are more classes, or fewer.
    """
    if names and classes not in (-1, len(names)):
        raise InputError(
            Code.COUNT_MISMATCH,
            f"{len(names)} class names, {listed(names)}, for {classes} classes",
            hint="--class-names needs one name per class, in the order of the logits",
        )


def inline_labels(argument: str, names: Sequence[str]) -> str | None:
    """Return inline class numbers for an argument such as `cat,dog,dog`.

    Args:
        argument: The targets, as typed.
        names: The names of the classes, if they are known.

    Returns:
        The numbers, or None if the argument is not a list of labels, or names a file.

    Raises:
        InputError: The labels are not names of these classes.
    """
    labels = [label.strip() for label in argument.split(",")]
    if _is_there(argument) or not all(map(_is_label, labels)):
        return None
    numbers = {name: str(number) for number, name in enumerate(names)}
    if all(label in numbers for label in labels):
        return ",".join(numbers[label] for label in labels)
    if len(labels) == 1:  # a file that does not exist
        return None
    hint = f"the names of the classes are {listed(names)}"
    if not names:
        hint = f"if these are labels, name the classes: {names_option(labels)}"
    options = () if names else ("--class-names", ",".join(sorted({*labels})))
    raise InputError(
        Code.FILE_NOT_FOUND, f"there is no file {argument}", hint=hint, options=options
    )


def names_option(labels: Sequence[str]) -> str:
    """Return the option that names the classes after labels, sorted as scikit-learn does."""
    names = ",".join(sorted({*labels}))
    option = f"--class-names {shlex.quote(names)}"
    return f"{option} gives them in the order of the logits (scikit-learn sorts them)"


def _is_label(label: str) -> bool:
    return is_name(label) and not {*label} & {*"/\\*?[]"}


def _is_there(argument: str) -> bool:
    return os.path.exists(argument)  # noqa: PTH110  no error for any text


def _split(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        try:
            listed_names = json.loads(text)
        except (ValueError, RecursionError):
            listed_names = None
        if isinstance(listed_names, list) and all(isinstance(name, str) for name in listed_names):
            return listed_names
    lines = [line for line in text.splitlines() if line.strip()]
    return next(csv.reader(lines), []) if len(lines) == 1 else lines
