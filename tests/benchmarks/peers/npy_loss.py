"""The mean cross-entropy of two .npy files with PyTorch, the logits mapped into memory.

python npy_loss.py whole|blocks LOGITS TARGETS
"""

import sys
import warnings

import numpy as np

# Rows at a time: 4 MB of logits for a thousand classes.
_BLOCK = 1000


def main(how: str, logits_file: str, targets_file: str) -> float:
    import torch

    # PyTorch warns of a map that it may not write to; nothing is written.
    warnings.simplefilter("ignore")
    logits = torch.from_numpy(np.load(logits_file, mmap_mode="r"))
    targets = torch.from_numpy(np.load(targets_file))
    with torch.inference_mode():
        if how == "whole":
            return float(torch.nn.functional.cross_entropy(logits, targets))
        total = 0.0
        for start in range(0, len(targets), _BLOCK):
            some = logits[start : start + _BLOCK], targets[start : start + _BLOCK]
            total += float(torch.nn.functional.cross_entropy(*some, reduction="sum"))
        return total / len(targets)


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])!r}\n")
