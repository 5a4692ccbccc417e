"""The names of the logits and the targets in a file that holds several arrays."""

from collections.abc import Iterable, Mapping

from xent.errors import Code, InputError, Location
from xent.inputs.sources.source import Source

_USUAL = {"logits": ("logits",), "targets": ("targets", "target", "labels", "label")}
_SHOWN = 8


def array_names(
    found: Iterable[str], sought: Mapping[str, str | None], place: Location
) -> dict[str, str]:
    """Choose the names of the arrays that are asked for.

    Args:
        found: The names of all arrays.
        sought: The roles that will be asked for, each with the name that the user gives it; None
            for one of the usual names.
        place: Where the names stand.

    Returns:
        The name of each role.

    Raises:
        InputError: A name that the user gives is not there, none of the usual is, or several are.
    """
    there = list(found)
    names = usual_names(there, sought, place)
    if not names:
        hint = "say which they are: --logits-key NAME, --targets-key NAME"
        raise _missing('neither "logits" nor "targets" is', there, place, hint)
    return names


def usual_names(
    there: list[str], sought: Mapping[str, str | None], place: Location
) -> dict[str, str]:
    """Choose names as `array_names` does, where none of them need be there."""
    given = {role: name for role, name in sought.items() if name is not None}
    for role, name in given.items():
        if name not in there:
            raise _missing(f'"{name}" is not', there, place, f"--{role}-key takes one of them")
    names = {**given}
    for role, known in _USUAL.items():
        fitting = [name for name in known if name in there and name not in given.values()]
        if role in given or not fitting:
            continue
        if len(fitting) > 1 and role in sought:
            raise InputError(
                Code.MISSING_ARRAY,
                f"each of these names may stand for the {role}: {_listed(fitting)}",
                place,
                f"say which: --{role}-key {fitting[0]}",
            )
        names[role] = fitting[0]
    return names


def lone_or_named(found: list[str], source: Source) -> dict[str, str]:
    """Choose the names of the arrays of a source, where a single array needs no name.

    Returns:
        The name of each role; all names, under themselves, where no role is asked for.
    """
    if not source.roles:
        return {name: name for name in found}
    if len(found) == 1 and not any(source.sought.values()):
        return {"": found[0]}
    return array_names(found, source.sought, Location(source.name))


def _missing(what: str, there: list[str], place: Location, hint: str) -> InputError:
    message = f"{what} among the names here: {_listed(there)}"
    return InputError(Code.MISSING_ARRAY, message, place, hint)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN]) or "none"
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
