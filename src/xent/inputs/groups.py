"""The groups of rows: a column of a table, or a file with one name per row."""

import os.path
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xent.errors import Code, InputError
from xent.inputs.batch import ArrayOrigin, Block
from xent.inputs.formats import FORMATS
from xent.inputs.formats.array import Array
from xent.inputs.formats.text import whole_text
from xent.inputs.named_arrays import NamedArrays, open_source
from xent.inputs.read_options import Keys, ReadOptions
from xent.inputs.sources.source import ByteRange, Source

# The name under which a table yields the column that is asked for.
_COLUMN = "keys"


def is_file_of_groups(groups: Keys) -> bool:
    """Tell whether groups stand in a file of their own."""
    return os.path.isfile(groups.column)  # noqa: PTH113  no error for any text


def open_with_groups(
    argument: str | ByteRange, roles: Sequence[str], options: ReadOptions
) -> NamedArrays | None:
    """Open a table that has the column of the groups; None where it has no such column.

    Args:
        argument: The table, which can be read more than once.
        roles: The arrays that will be asked for.
        options: How it is read.
    """
    try:
        file = NamedArrays.of(argument, roles, replace(options, keys=options.group))
    except InputError:  # whatever else is wrong is said when the file is read without groups
        return None
    if _COLUMN not in file.arrays:
        return None
    if "targets" in roles and "targets" not in file.arrays and options.group is not None:
        plain = NamedArrays.of(argument, roles, options)
        if "targets" in plain.arrays:
            raise InputError(
                Code.BAD_SETTING,
                f"the column {options.group.column} of {file.name} holds the targets",
                hint="xent check shows the loss of each class",
            )
    return file


def column_of_groups(files: Sequence[NamedArrays]) -> Array | None:
    """Return the column of the groups, where one of the files has it."""
    return next((file.arrays[_COLUMN] for file in files if _COLUMN in file.arrays), None)


def file_of_groups(groups: Keys) -> Array:
    """Read a file with one name or number per row.

    Raises:
        InputError: The file cannot be read, or a name is missing.
    """
    source, name = open_source(groups.column, "groups")
    if FORMATS[name].by_lines or source.inline:
        lines = whole_text(Source.of(groups.column, "groups")).text.splitlines()
        names = [line.strip() for line in lines]
    else:
        array = NamedArrays.of(groups.column, ["groups"]).array("groups")
        names = [f"{value:g}" for value in array.whole().values.ravel().tolist()]
    for number, each in enumerate(names, 1):
        if not each:
            raise InputError(
                Code.NOT_A_NUMBER,
                f"line {number} of {groups.column} is empty, where the name of a group is needed",
                hint="every row needs a group: one name per line",
            )
    numbers = np.array([groups.number(each) for each in names], dtype=np.int64)
    return Array.of_block(groups.column, Block(numbers, ArrayOrigin(groups.column)))


def no_such_group(options: ReadOptions) -> InputError:
    """Return the error for groups that are neither a column nor a file."""
    name = options.group.column if options.group else ""
    return InputError(
        Code.BAD_SETTING,
        f"{name} is neither a column of LOGITS or TARGETS nor a file of groups",
        hint="columns are those of text, JSON, Parquet and Arrow; a file has one name per row",
    )
