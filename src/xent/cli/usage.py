"""What is wrong with a command line, as a diagnostic that says how to go on."""

import re
import shlex
from collections.abc import Iterable, Sequence
from glob import glob
from itertools import groupby
from pathlib import Path
from typing import Any

import typer

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.inline import is_inline, unshielded

# The class of all errors of the parser; typer names only one that is derived from it.
ParserError: Any = typer.BadParameter.__mro__[1]


# Options whose value may be left out, and what is meant then.
_IMPLIED = {"--fail-if-worse": "0"}


def bad_usage(message: str, hint: str | None = None) -> InputError:
    """Return the error of a command line that cannot be what the user means."""
    return InputError(Code.BAD_USAGE, message, hint=hint)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return a hint that names the known word closest to `word`, or the other hint."""
    from difflib import get_close_matches

    # The dashes of two options are alike whatever follows them.
    by_letters = {each.lstrip("-"): each for each in known}
    similar = get_close_matches(word.lstrip("-"), by_letters, n=1)
    return f"did you mean {by_letters[similar[0]]}?" if similar else otherwise


def with_implied_values(words: Sequence[str]) -> list[str]:
    """Return what the user typed, with the values of options whose value may be left out."""
    return [
        f"{word}={_IMPLIED[word]}" if word in _IMPLIED and not _is_number(next_word) else word
        for word, next_word in zip(words, [*words[1:], ""], strict=False)
    ]


def parser_diagnostic(error: Any) -> Diagnostic:  # noqa: ANN401  its class depends on typer's version
    """Say what the parser of the command line found wrong."""
    context = error.ctx
    path = context.command_path if context else "xent"
    see_help = f"{path} --help lists the arguments and options"
    if hasattr(error, "possibilities"):  # of an unknown option
        name = error.option_name
        if context and context.parent is None:
            see_help = f"options follow the command: xent COMMAND {name}"
        known = [flag for each in context.command.get_params(context) for flag in _flags(each)]
        hint = did_you_mean(name, known, see_help)
        return Diagnostic(Code.BAD_USAGE, f"there is no option {name}", hint=hint)
    parameter = getattr(error, "param", None)
    if parameter is None:
        return Diagnostic(Code.BAD_USAGE, _uncapitalised(error.message), hint=see_help)
    name = max(_flags(parameter), key=len, default="") or parameter.human_readable_name
    if type(error).__name__ == "MissingParameter":
        return Diagnostic(Code.BAD_USAGE, f"{name} is missing", hint=see_help)
    found = re.match(r"'(.*?)'", error.message)
    choices = map(choice_text, getattr(parameter.type, "choices", ()))
    hint = did_you_mean(found[1] if found else "", choices, see_help)
    return Diagnostic(Code.BAD_USAGE, f"{name}: {_uncapitalised(error.message)}", hint=hint)


def choice_text(choice: Any) -> str:  # noqa: ANN401  a word, or a member of an enumeration
    """Return a choice of an option as it is typed."""
    return str(getattr(choice, "value", choice))


def check_words(context: Any, words: Sequence[str]) -> None:  # noqa: ANN401  as above
    """Check the arguments of a command, which may be too many, or empty.

    Args:
        context: The context of the parsed command.
        words: What the user typed behind the command's name.

    Raises:
        InputError: The arguments cannot be what the user means.
    """
    parameters = [each for each in context.command.params if each.param_type_name == "argument"]
    values = [context.params.get(each.name) for each in parameters]
    arguments = [word for value in values for word in _as_words(value)]
    if any(not word.strip() for word in arguments):
        raise bad_usage("an argument is empty", "a shell variable may be unset")
    if not context.args:
        _check_not_two_parts(context.command_path, parameters, arguments)
        return
    arguments = [unshielded(word) for word in (*arguments, *context.args)]
    others = [unshielded(word) for word in words if unshielded(word) not in arguments]
    raise bad_usage(
        f"{context.command_path} takes at most {len(parameters)} arguments, not {len(arguments)}",
        _hint_to_quote(context.command_path, arguments, others),
    )


def _check_not_two_parts(path: str, parameters: Sequence[Any], arguments: Sequence[str]) -> None:
    """Refuse LOGITS and TARGETS that are the two files of one pattern, which a shell expanded."""
    if [each.name for each in parameters] != ["logits", "targets"] or len(arguments) < 2:
        return
    patterns = _patterns(arguments)
    if patterns is not None and len(patterns) == 1:
        logits, targets = arguments
        raise bad_usage(
            f"{logits} and {targets} are the files of one pattern, not logits and targets",
            f"quote the pattern: {shlex.join([*path.split(), *patterns])}; if {targets} holds "
            f"the targets, name it ./{targets}",
        )


def _hint_to_quote(path: str, arguments: Sequence[str], others: Sequence[str]) -> str:
    if all(Path(word).exists() for word in arguments):
        patterns = _patterns(arguments)
        if patterns is None or len(patterns) > 2:
            return f"quote a pattern, so that the shell does not expand it: {path} 'part-*.csv'"
        command = shlex.join([*path.split(), *patterns, *others])
        return f"quote patterns, so that the shell does not expand them: {command}"
    if all(map(is_inline, arguments)):
        return f"quote numbers that contain spaces: {path} '1 0 0; 0 1 0' '0 1'"
    return f"{path} --help lists the arguments and options"


def _patterns(files: Sequence[str]) -> list[str] | None:
    """Return patterns that the shell expands to these files, one per run of similar names."""
    patterns = []
    for pattern, run in groupby(files, lambda name: re.sub(r"\d+", "*", name)):
        names = [*run]
        if len(names) > 1 and sorted(glob(pattern)) != sorted(names):  # noqa: PTH207  of any folder
            return None
        patterns.append(pattern if len(names) > 1 else names[0])
    return patterns


def _flags(parameter: Any) -> list[str]:  # noqa: ANN401  as above
    if parameter.param_type_name == "argument":
        return []
    return [*parameter.opts, *parameter.secondary_opts]


def _as_words(value: Any) -> list[str]:  # noqa: ANN401  of an argument
    if value is None:
        return []
    return [value] if isinstance(value, str) else [*value]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _uncapitalised(message: str) -> str:
    return message[:1].lower() + message[1:].removesuffix(".")
