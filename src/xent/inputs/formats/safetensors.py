"""Hugging Face's `.safetensors`: a header in JSON, then the numbers of all tensors.

The format is that of https://github.com/huggingface/safetensors#format: the header's length in 8
bytes, the header, and bytes that the tensors divide among themselves without a gap.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from xent.errors import Code, InputError
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import lone_or_known
from xent.inputs.formats.json_text import parsed
from xent.inputs.formats.stored import Stored
from xent.inputs.formats.text import TextBlock
from xent.inputs.sources.source import Source

# The format allows 100 MB, which take 2 GB as objects of Python. Here is room for 100,000 tensors.
_MOST_HEADER_BYTES = 1 << 24
_METADATA = "__metadata__"
_DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "BF16": "<u2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}


def read(source: Source) -> dict[str, Array]:
    """Read the tensors that are asked for, or the only one."""
    reopen = source.seekable()
    with reopen() as file:
        tensors = _tensors(source.name, file)
    roles = lone_or_known([*tensors], source, lambda name: tensors[name].shape)
    return roles.applied(
        {
            role: _array(source.name, name, tensors[name], reopen)
            for role, name in roles.names.items()
        }
    )


@dataclass(frozen=True, slots=True)
class _Tensor:
    """The header of a tensor; its bytes are counted from the beginning of the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def _array(source: str, name: str, tensor: _Tensor, reopen: Callable[[], BinaryIO]) -> Array:
    title = f"{source}:{name}"
    if tensor.dtype not in _DTYPES:
        raise InputError(
            Code.UNSUPPORTED_DTYPE,
            f"{title} holds {tensor.dtype}, which is none of {', '.join(_DTYPES)}",
            hint="convert it: tensor.float()",
        )
    dtype = np.dtype(_DTYPES[tensor.dtype])
    stored = Stored(title, tensor.shape, dtype, bfloat16=tensor.dtype == "BF16")
    stored.check()
    if stored.size != tensor.end - tensor.begin:
        raise _damaged(
            source,
            f'"{name}" has {tensor.end - tensor.begin} bytes, but {tensor.dtype} of shape '
            f"{tensor.shape} takes {stored.size}",
        )

    def blocks(leading: int) -> Iterator[Block]:
        with reopen() as file:
            file.seek(tensor.begin)
            yield from stored.blocks(file, leading)

    return Array(title, tensor.shape or (1,), blocks)


def _tensors(source: str, file: BinaryIO) -> dict[str, _Tensor]:
    """Return the headers of all tensors, which fill the rest of the file without a gap."""
    size = file.seek(0, 2)
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(_MOST_HEADER_BYTES, size - 8):
        raise _damaged(source, f"it claims to be {length} bytes long")
    begin = 8 + length
    tensors = {
        name: _tensor(source, name, entry, begin)
        for name, entry in _header(source, file.read(length)).items()
        if name != _METADATA
    }
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != begin:
            what = "overlaps the tensor before it" if tensor.begin < begin else "follows on a gap"
            raise _damaged(source, f'"{name}" {what}')
        begin = tensor.end
    if begin != size:
        raise _damaged(source, f"its tensors end at byte {begin}, the file at byte {size}")
    return tensors


def _header(source: str, data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _damaged(source, "it is not UTF-8") from None
    header = parsed(TextBlock(source, text)) if text.startswith("{") else None
    if not isinstance(header, dict):
        raise _damaged(source, "it does not begin with {")
    return header


def _tensor(source: str, name: str, entry: Any, start: int) -> _Tensor:  # noqa: ANN401  any JSON
    with suppress(KeyError, TypeError, ValueError):
        dtype, shape = entry["dtype"], entry["shape"]
        begin, end = entry["data_offsets"]
        lengths = [begin, end, *shape]
        if (
            isinstance(dtype, str)
            and isinstance(shape, list)
            and all(type(length) is int and length >= 0 for length in lengths)
            and begin <= end
        ):
            return _Tensor(dtype, tuple(shape), start + begin, start + end)
    raise _damaged(source, f'"{name}" has no dtype, shape and data_offsets that can be')


def _damaged(source: str, why: str) -> InputError:
    return InputError(
        Code.INVALID_ARRAY,
        f"the safetensors header of {source} is damaged: {why}",
        hint="the file may be truncated: copy or download it again",
    )
