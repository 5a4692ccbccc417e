"""Tokens and log-probabilities of llama.cpp's `llama-perplexity --kl-divergence-base`.

The bytes are those of tools/perplexity/perplexity.cpp in https://github.com/ggml-org/llama.cpp:
`_logits_`, then as int32 the length of a chunk, the classes, the chunks, and all tokens; then a
row for each position in the second half of a chunk but for its last. A row is two float32, a scale
and an offset, and a uint16 for each class, filled up to an even number of them: the class's
log-probability is the scale times that number, plus the offset.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.batch import ArrayOrigin, Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import array_roles
from xent.inputs.sources.source import Source

_MAGIC = b"_logits_"
_HEADER_BYTES = len(_MAGIC) + 3 * 4
# Read at a time.
_BLOCK_BYTES = 1 << 20


def read(source: Source) -> dict[str, Array]:
    """Read the log-probabilities of the scored positions, and the tokens that follow them.

    Raises:
        InputError: The file is not as long as its header says.
    """
    reopen = source.seekable()
    with reopen() as file:
        start = _exactly(source.name, file, _HEADER_BYTES)
        header = _Header(*np.frombuffer(start, "<i4", offset=len(_MAGIC)).tolist())
        size = file.seek(0, 2)
    if min(header.length - 2, header.classes, header.chunks) < 1 or header.size != size:
        raise InputError(
            Code.TRUNCATED_ARRAY,
            f"the header of {source.name} promises {header.chunks} chunks of {header.length} "
            f"tokens out of {header.classes}, {header.size} bytes, and {size} are there",
            hint="the file may be truncated: llama-perplexity may not have finished",
        )
    note = Diagnostic(
        Code.ROUNDED_LOG_PROBS,
        f"{source.name} holds log-probabilities in 16 bits, none further than 16 below the row's "
        "largest: the loss is as exact as they are, with --input-kind log-probs",
    )
    logits, targets = f"{source.name}:logits", f"{source.name}:targets"
    shape = (header.rows, header.classes)
    arrays = {
        "logits": Array(logits, shape, lambda _: header.log_probs(logits, reopen), notes=(note,)),
        "targets": Array(targets, shape[:1], lambda _: header.targets(targets, reopen)),
    }
    roles = array_roles(
        [*arrays], source.sought, Location(source.name), lambda name: arrays[name].shape
    )
    return {role: arrays[name] for role, name in roles.names.items()}


@dataclass(frozen=True, slots=True)
class _Header:
    """The tokens of a chunk, the number of classes, and the number of chunks."""

    length: int
    classes: int
    chunks: int

    @property
    def scored(self) -> int:
        """Return the number of positions of a chunk that are scored."""
        return self.length - 1 - self.length // 2

    @property
    def rows(self) -> int:
        return self.chunks * self.scored

    @property
    def token_bytes(self) -> int:
        return 4 * self.chunks * self.length

    @property
    def row_bytes(self) -> int:
        return 8 + 4 * ((self.classes + 1) // 2)

    @property
    def size(self) -> int:
        return _HEADER_BYTES + self.token_bytes + self.rows * self.row_bytes

    def targets(self, name: str, reopen: Callable[[], BinaryIO]) -> Iterator[Block]:
        """Yield the token after each scored position."""
        with reopen() as file:
            file.seek(_HEADER_BYTES)
            tokens = np.frombuffer(_exactly(name, file, self.token_bytes), "<i4")
        following = tokens.reshape(self.chunks, self.length)[:, -self.scored :]
        yield Block(following.ravel(), ArrayOrigin(name))

    def log_probs(self, name: str, reopen: Callable[[], BinaryIO]) -> Iterator[Block]:
        """Yield the row of each scored position."""
        step = max(1, _BLOCK_BYTES // self.row_bytes)
        with reopen() as file:
            file.seek(_HEADER_BYTES + self.token_bytes)
            for row in range(0, self.rows, step):
                data = _exactly(name, file, min(step, self.rows - row) * self.row_bytes)
                rows = np.frombuffer(data, "u1").reshape(-1, self.row_bytes)
                scale, offset = rows[:, :8].copy().view("<f4").astype(np.float64).T[..., np.newaxis]
                steps = rows[:, 8 : 8 + 2 * self.classes].copy().view("<u2")
                yield Block(scale * steps + offset, ArrayOrigin(name), row)


def _exactly(name: str, file: BinaryIO, wanted: int) -> bytes:
    data = file.read(wanted)
    if len(data) < wanted:
        raise InputError(
            Code.TRUNCATED_ARRAY, f"{name} ends too early", hint="it may still be being written"
        )
    return data
