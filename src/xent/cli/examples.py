"""What stands at the end of a command's help: examples, and what the exit status says."""

EXAMPLES = {
    "compute": (
        "xent compute '1,0,0; 0,1,0; 0,0,1' 0,1,2",
        "xent compute logits.npy targets.npy --ignore-index -1 -q",
        "xent compute 'part-*.csv' 'labels-*.csv' -o losses.csv",
    ),
    "explain": (
        "xent explain",
        "xent explain logits.npy targets.npy --row 2",
        "xent explain logits.npy targets.npy -o why.html",
    ),
    "check": (
        "xent check logits.npy targets.npy",
        "xent check logits.npy targets.npy -q --fail-on warning",
        "xent check logits.npy targets.npy --select XC1,labels-one-based",
    ),
    "verify": (
        "xent verify logits.npy targets.npy",
        "xent verify logits.npy targets.npy --expect 5.29915",
        "xent verify logits.npy targets.npy --code torch | python -",
    ),
    "compare": (
        "xent compare a.npy b.npy targets.npy",
        "xent compare a.npz b.npz --fail-if-worse 0.002",
        "xent compare a.npy b.npy c.npy --targets targets.npy -o losses.csv",
    ),
    "inspect": (
        "xent inspect logits.npy",
        "xent inspect logits.npy targets.npy --format json",
    ),
    "merge": (
        "xent compute logits.npy targets.npy -o first.state",
        "xent merge first.state second.state",
    ),
    "rule": (
        "xent rule",
        "xent rule XE203 labels-one-based",
        "xent rule XC101 --format markdown",
    ),
    "help": ("xent help compute",),
}

_DONE, _BAD = ("0", "The command has succeeded."), ("2", "The usage or the input is wrong.")
_ABOVE = ("1", "The loss is above --fail-above, or worse than --baseline.")
EXIT_STATUS = {
    "compute": (_DONE, _ABOVE, _BAD),
    "explain": (_DONE, _BAD),
    "check": (("0", "Nothing is wrong."), ("1", "There are findings, as --fail-on says."), _BAD),
    "verify": (
        ("0", "All libraries agree, or each difference is explained."),
        ("1", "A difference is unexplained, or nothing gives the number of --expect."),
        _BAD,
    ),
    "compare": (
        _DONE,
        ("1", "A model is worse than A, as --fail-if-worse says."),
        ("2", "The usage or the input is wrong, or the rows are not the same."),
    ),
    "inspect": (_DONE, _BAD),
    "merge": (_DONE, _ABOVE, _BAD),
    "rule": (_DONE, _BAD),
    "help": (_DONE, _BAD),
}
