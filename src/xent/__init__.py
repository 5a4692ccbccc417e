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
    from xent.losses.binary import binary_cross_entropy_with_logits
    from xent.losses.cross_entropy import cross_entropy, nll_loss
    from xent.losses.exact_sum import ExactSum
    from xent.losses.gradient import cross_entropy_grad
    from xent.losses.loss_sum import LossSum
    from xent.losses.softmax import log_softmax, softmax

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
    "binary_cross_entropy_with_logits": "xent.losses.binary",
    "cross_entropy": "xent.losses.cross_entropy",
    "Explanation": "xent.explanation.explanation",
    "explain": "xent.explanation.explanation",
    "cross_entropy_grad": "xent.losses.gradient",
    "nll_loss": "xent.losses.cross_entropy",
    "ExactSum": "xent.losses.exact_sum",
    "LossSum": "xent.losses.loss_sum",
    "log_softmax": "xent.losses.softmax",
    "softmax": "xent.losses.softmax",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'xent' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
