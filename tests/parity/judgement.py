"""What `xent check` names first, for mistakes put into the outputs of trained models.

Prints the Markdown table that stands beside this file, and that a test holds the program to; with
--misses also what was named wrongly, and where:

    python tests/parity/judgement.py > tests/parity/judgement.md

Without scikit-learn it takes the models that NumPy alone can train.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from healthy import numpy_outputs, sklearn_outputs
from mistakes import Confusion
from other_models import other_numpy_outputs, other_sklearn_outputs


def main() -> None:
    outputs = [*numpy_outputs(), *other_numpy_outputs()]
    if find_spec("sklearn"):
        outputs += [*sklearn_outputs(), *other_sklearn_outputs()]
    with TemporaryDirectory() as folder:
        table = Confusion.of(outputs, Path(folder))
    sys.stdout.write(table.markdown() + "\n")
    if "--misses" in sys.argv:
        for how, (_, score) in table.mistakes.items():
            sys.stdout.writelines(f"{how}: {miss}\n" for miss in score.misses)
        sys.stdout.writelines(f"false alarm: {alarm}\n" for alarm in table.false_alarms)


if __name__ == "__main__":
    main()
