"""Groups of options, each a dataclass, that become the parameters of a command."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints

from typer.models import OptionInfo

# The heading in the help under which the options of a class stand.
_HEADINGS = {
    "ReadingOptions": "Input",
    "FormulaOptions": "Loss",
    "DisplayOptions": "Output",
    "ResultOptions": "Output",
}


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """Turn each parameter that is a class of options into the options themselves.

    So that options which several commands share are declared once, and reach the command
    together.
    """
    parameters: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if is_dataclass(parameter.annotation):
            groups[parameter.name] = parameter.annotation
            parameters += _parameters_of(parameter.annotation)
        else:
            parameters.append(parameter)

    @wraps(command)
    def called(**given: Any) -> None:  # noqa: ANN401  options are of any type
        answers = {
            name: group(**{each.name: given.pop(each.name) for each in fields(group)})
            for name, group in groups.items()
        }
        command(**answers, **given)

    # Typer asks for both; arguments, which have no default, come first.
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # it is read by inspect
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _parameters_of(group: Any) -> list[inspect.Parameter]:  # noqa: ANN401  a dataclass
    hints = get_type_hints(group, include_extras=True)
    for each in fields(group):
        _name_group(hints[each.name].__metadata__, _declaring_class(group, each.name))
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]


def _declaring_class(group: Any, name: str) -> str:  # noqa: ANN401  as above
    """Return the name of the class, among a dataclass and its bases, that declares a field."""
    classes = (
        each for each in reversed(group.__mro__) if name in vars(each).get("__annotations__", ())
    )
    return str(next(classes).__name__)


def _name_group(metadata: tuple[Any, ...], declaring: str) -> None:
    """Tell an option under which heading of the help it stands."""
    for info in metadata:
        if isinstance(info, OptionInfo) and info.rich_help_panel is None:
            info.rich_help_panel = _HEADINGS.get(declaring)
