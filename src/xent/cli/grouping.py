"""Groups of options, each a dataclass, that become the parameters of a command."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def expanded(command: Callable[..., None]) -> Callable[..., None]:
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
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]
