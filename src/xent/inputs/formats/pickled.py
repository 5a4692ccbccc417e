"""Pickles, which are refused: to open one is to run whatever it says."""

from pathlib import Path

from xent.errors import Code, InputError
from xent.inputs.sources.source import Source

# Pickles of protocol 2 to 5; older ones look like text, and fail as text.
PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
# What torch.save wrote before it wrote ZIP archives: a pickle of this number, then others.
_TORCH_START = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
_TORCH_SUFFIXES = (".pt", ".pth", ".ckpt", ".bin")


def pickle_refused(source: Source) -> InputError:
    """The error for a pickle, with the line of Python that converts it."""
    suffix = Path(source.name).suffix.lower()
    archive = source.head.startswith(b"PK")
    if archive or source.head.startswith(_TORCH_START) or suffix in _TORCH_SUFFIXES:
        what = "a PyTorch checkpoint, which is a pickle"
        line = (
            "import numpy, torch; "
            "x = torch.load('FILE', map_location='cpu', weights_only=True); "
            "numpy.save('out.npy', x.detach().double().numpy())"
        )
    elif suffix == ".joblib":
        what = "a pickle of joblib's"
        line = "import joblib, numpy; numpy.save('out.npy', joblib.load('FILE'))"
    else:
        what = "a pickle"
        line = "import numpy, pickle; numpy.save('out.npy', pickle.load(open('FILE', 'rb')))"
    return InputError(
        Code.UNKNOWN_FORMAT,
        f"{source.name} is {what}",
        hint="a pickle can run any code, so it is never opened; where you trust it, convert it "
        f'once: python -c "{line.replace("FILE", source.name)}"',
    )
