"""What the logits and the targets may be called in a file that holds both."""

from collections.abc import Iterable

from xent.errors import Code, InputError, Location

_NAMES = {"logits": ("logits",), "targets": ("targets", "target", "labels", "label")}


def array_names(found: Iterable[str], place: Location) -> dict[str, str]:
    """Which of the names found stand for the logits and the targets.

    Raises:
        InputError: None does.
    """
    there = list(found)
    names = {
        role: next((name for name in known if name in there), None)
        for role, known in _NAMES.items()
    }
    present = {role: name for role, name in names.items() if name is not None}
    if not present:
        shown = ", ".join(f'"{name}"' for name in there[:8]) or "none"
        more = f" and {len(there) - 8} more" if len(there) > 8 else ""
        raise InputError(
            Code.MISSING_ARRAY,
            f'neither "logits" nor "targets" is among the names here: {shown}{more}',
            place,
            "call the two arrays logits and targets",
        )
    return present
