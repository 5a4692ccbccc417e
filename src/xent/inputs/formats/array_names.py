"""The names of the logits and the targets in a source that holds several arrays."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.formats.array import Array
from xent.inputs.sources.source import Source
from xent.settings import InputKind

Shape = tuple[int, ...]

# Names that say what an array is, whatever its shape.
USUAL_NAMES = {"logits": ("logits",), "targets": ("targets", "target", "labels", "label")}
# Names that libraries and people give them as well, in the order of the alphabet.
_KNOWN = {
    "logits": re.compile(
        r"arr_[01]|(y_)?logits?|outputs?|(y_)?preds?|predictions?|(y_|pred_)?scores?"
        r"|(\w+_)?(log_?)?(probs?|probas?|probabilit(y|ies)|softmax)|lprobs?|log_?ps?|filtered_resps"
    ),
    "targets": re.compile(
        r"arr_[01]|label_ids|y|y_(true|test|val|valid)|true_(labels?|targets?|class)|gold(_labels?)?"
        r"|ground_truths?|gt|truth|answers?|references?|actual|expected"
    ),
}
# Names of scores as well as of the classes that were predicted, or of nothing: the shape decides.
_SHAPE_DECIDES = re.compile(r"arr_[01]|outputs?|(y_)?preds?|predictions?")
_LOG_PROBS = re.compile(r"(\w+_)?log_?(probs?|probas?|probabilit(y|ies)|softmax)|lprobs?|log_?ps?")
_PROBS = re.compile(r"(\w+_)?(probs?|probas?|probabilit(y|ies)|softmax)(_\w+)?")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ArrayRoles:
    """The arrays of a source that are logits and targets.

    Attributes:
        names: The name of each role; a role of "" for an array that stands alone.
        notes: What was decided by names and shapes, to tell the user.
        others: The names of all other arrays of the source.
    """

    names: Mapping[str, str]
    notes: tuple[Diagnostic, ...] = ()
    others: tuple[str, ...] = ()

    def applied(self, arrays: dict[str, Array]) -> dict[str, Array]:
        """Return arrays by role with what their names and roles tell."""
        found = {**arrays}
        for role in ("logits", ""):
            if role in found and role in self.names:
                found[role] = replace(found[role], kind=kind_of(self.names[role]))
        for role in [*found][:1]:
            notes = (*found[role].notes, *self.notes)
            found[role] = replace(found[role], notes=notes, others=self.others)
        return found


def kind_of(name: str) -> InputKind | None:
    """Return the kind of numbers that the name of an array tells, if it tells any."""
    bare = _bare(name)
    if _LOG_PROBS.fullmatch(bare):
        return "log-probs"
    return "probs" if _PROBS.fullmatch(bare) and not bare.startswith("log") else None


def array_roles(
    there: Sequence[str],
    sought: Mapping[str, str | None],
    place: Location,
    shape_of: Callable[[str], Shape | None],
) -> ArrayRoles:
    """Choose the arrays that are asked for, by name, and by shape where names leave it open.

    Args:
        there: The names of all arrays.
        sought: The roles that will be asked for, each with the name that the user gives it; None
            for one of the usual names.
        place: Where the names stand.
        shape_of: Returns the shape of an array; None where it is not an array of numbers.

    Raises:
        InputError: A name that the user gives is not there, none is known, or several fit.
    """
    roles = known_roles(there, sought, place, shape_of)
    if not roles.names:
        raise _unknown(there, sought, place, shape_of)
    return roles


def known_roles(
    there: Sequence[str],
    sought: Mapping[str, str | None],
    place: Location,
    shape_of: Callable[[str], Shape | None],
) -> ArrayRoles:
    """Choose arrays as `array_roles` does, where none of the names need be known."""
    given = {role: name for role, name in sought.items() if name is not None}
    for role, name in given.items():
        if name not in there:
            hint = f"--{role}-key takes one of them"
            raise _missing(f'"{name}" is not', there, place, hint)
    names = {**given}
    for role, known in USUAL_NAMES.items():
        fitting = [name for name in known if name in there and name not in given.values()]
        if role not in given and fitting:
            names[role] = _only(role, fitting, place) if role in sought else fitting[0]
    chosen = []
    for role in _KNOWN:
        if role in names or (sought and role not in sought):
            continue
        if role == "targets" and "logits" in sought and "logits" not in names:
            continue  # their shape is judged by that of the logits
        fitting = _fitting(role, there, names, shape_of)
        if len(fitting) == 1 or (fitting and sought):
            names[role] = _only(role, fitting, place)
            chosen.append(role)
    notes = (_note(chosen, names, place),) if chosen and sought else ()
    return ArrayRoles(names, notes, tuple(x for x in there if x not in names.values()))


def lone_or_known(
    there: Sequence[str], source: Source, shape_of: Callable[[str], Shape | None]
) -> ArrayRoles:
    """Choose the arrays of a source, where a single array needs no name.

    Returns:
        The roles; all names, under themselves, where no role is asked for.
    """
    if not source.roles:
        return ArrayRoles({name: name for name in there})
    if len(there) == 1 and not any(source.sought.values()):
        return ArrayRoles({"": there[0]})
    return array_roles(there, source.sought, Location(source.name), shape_of)


def listed_names(names: Sequence[str]) -> str:
    """Return the first of many names in a sentence."""
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN]) or "none"
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _note(chosen: Sequence[str], names: Mapping[str, str], place: Location) -> Diagnostic:
    """Tell which arrays were chosen by themselves."""
    what = " and ".join(f'the {role} are "{names[role]}"' for role in chosen)
    options = " and ".join(f"--{role}-key" for role in chosen)
    verb = "name others" if len(chosen) > 1 else "names another"
    message = f"in {place.source} {what}, by name and shape; {options} {verb}"
    return Diagnostic(Code.ARRAYS_CHOSEN, message)


def _bare(name: str) -> str:
    """Return a name without the groups of HDF5, in lower case, with `_` between its words."""
    return re.sub(r"[\s-]+", "_", name.rpartition("/")[2].strip().lower())


def _fitting(
    role: str,
    there: Sequence[str],
    names: Mapping[str, str],
    shape_of: Callable[[str], Shape | None],
) -> list[str]:
    """Return the arrays whose name and shape leave it open that they have this role."""
    named = [
        name for name in there if name not in names.values() and _KNOWN[role].fullmatch(_bare(name))
    ]
    shapes = {name: shape_of(name) for name in named}
    if role == "logits":
        fitting = [name for name in named if _may_be_logits(name, shapes[name])]
        axes = [len(shape or ()) for name, shape in shapes.items() if name in fitting]
        return [name for name in fitting if len(shapes[name] or ()) == max(axes)]
    logits = shape_of(names["logits"]) if names.get("logits") in there else None
    return [name for name in named if _may_be_targets(shapes[name], logits)]


def _may_be_logits(name: str, shape: Shape | None) -> bool:
    if not _SHAPE_DECIDES.fullmatch(_bare(name)):
        return shape is not None
    return shape is not None and len(shape) > 1


def _may_be_targets(shape: Shape | None, logits: Shape | None) -> bool:
    if shape is None or logits is None:
        return shape is not None
    return bool(shape) and shape[0] == logits[0] and len(shape) <= len(logits)


def _only(role: str, fitting: Sequence[str], place: Location) -> str:
    if len(fitting) > 1:
        raise InputError(
            Code.MISSING_ARRAY,
            f"each of these names may stand for the {role}: {listed_names(fitting)}",
            place,
            f"say which: --{role}-key {shlex.quote(fitting[0])}",
            options=(f"--{role}-key", fitting[0]),
        )
    return fitting[0]


def _unknown(
    there: Sequence[str],
    sought: Mapping[str, str | None],
    place: Location,
    shape_of: Callable[[str], Shape | None],
) -> InputError:
    """Return the error for names that tell nothing, with the options that may be meant."""
    shapes = {name: shape for name in there if (shape := shape_of(name))}
    logits = [name for name, shape in shapes.items() if _may_be_logits("arr_0", shape)]
    hint = "say which they are: --logits-key NAME, --targets-key NAME"
    keys: list[str] = []
    if len(logits) == 1 and "logits" in sought:
        targets = [
            name
            for name, shape in shapes.items()
            if name not in logits and _may_be_targets(shape, shapes[logits[0]])
        ]
        keys = ["--logits-key", logits[0]]
        keys += ["--targets-key", targets[0]] if "targets" in sought and len(targets) == 1 else []
        hint = f"by their shapes they may be: {shlex.join(keys)}"
    return _missing('neither "logits" nor "targets" is', there, place, hint, keys)


def _missing(
    what: str, there: Sequence[str], place: Location, hint: str, options: Sequence[str] = ()
) -> InputError:
    message = f"{what} among the names here: {listed_names(there)}"
    return InputError(Code.MISSING_ARRAY, message, place, hint, options=tuple(options))
