"""The cross-entropy loss: exact, explained, and at home in the shell.

The names below are loaded on first use, so that `import xent` (and with it `xent --version`)
does not pay for NumPy.
"""

from xent._version import __version__

# Not typing's: importing that takes 9 ms in which Ctrl-C would still print a traceback. Type
# checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from xent.errors import Code, Diagnostic, InputError, Location, Severity
    from xent.explanation.explanation import Explanation, explain
    from xent.functional import (
        binary_cross_entropy_with_logits,
        cross_entropy,
        cross_entropy_grad,
        log_softmax,
        nll_loss,
        softmax,
    )
    from xent.losses.exact_sum import ExactSum
    from xent.losses.loss_sum import LossSum

__all__ = [
    "Code",
    "Diagnostic",
    "ExactSum",
    "Explanation",
    "InputError",
    "Location",
    "LossSum",
    "Severity",
    "__version__",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_grad",
    "explain",
    "log_softmax",
    "nll_loss",
    "softmax",
]

_HOMES = {
    "Code": "xent.errors",
    "Diagnostic": "xent.errors",
    "InputError": "xent.errors",
    "Location": "xent.errors",
    "Severity": "xent.errors",
    "binary_cross_entropy_with_logits": "xent.functional",
    "cross_entropy": "xent.functional",
    "Explanation": "xent.explanation.explanation",
    "explain": "xent.explanation.explanation",
    "cross_entropy_grad": "xent.functional",
    "nll_loss": "xent.functional",
    "ExactSum": "xent.losses.exact_sum",
    "LossSum": "xent.losses.loss_sum",
    "log_softmax": "xent.functional",
    "softmax": "xent.functional",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'xent' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
