"""What a small file unpacks to must not fill the memory: lengths are looked at before data."""

from xent.errors import Code, InputError
from xent.inputs.sources import source


def require_room(what: str, unpacked: int, packed: int | None, *, ratio: int, hint: str) -> None:
    """Refuse what unpacks to more than is held at once, from next to nothing.

    Numbers that were not made up unpack to less than `ratio` times their bytes; of these the file
    is large itself.

    Args:
        what: What is held in memory as a whole, for the message.
        unpacked: Its bytes in memory.
        packed: The bytes of the file that hold it; None where they are not known beforehand.
        ratio: How many bytes one of them may stand for.
        hint: What to do instead.

    Raises:
        InputError: It is larger than `MOST_UNPACKED_BYTES`, and than `ratio` times `packed`.
    """
    most = source.MOST_UNPACKED_BYTES
    if unpacked > most and unpacked > ratio * (packed or 0):
        size = f"takes {_size(unpacked)}"
        if packed is not None:
            size = f"unpacks from {_size(packed)} to {_size(unpacked)}"
        raise InputError(
            Code.OUT_OF_MEMORY,
            f"{what} {size}, and is read at once, for which {_size(most)} are the most",
            hint=hint,
        )


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.1f} MiB" if count < 1 << 23 else f"{count >> 20:,} MiB"
