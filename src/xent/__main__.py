"""The program's entry: `xent`, or `python -m xent`."""

import gc
import sys

# Objects that are made before the collector looks for cycles among them: imports make many, and
# so does JSON, and none of them is garbage.
_YOUNG_OBJECTS = 100_000


def main() -> None:
    """Run the command line. Ctrl-C is quiet, during the imports as well."""
    gc.set_threshold(_YOUNG_OBJECTS)
    try:
        from xent.cli.app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    except (ImportError, MemoryError) as error:  # before there is anything to word it
        why = str(error).strip().partition("\n")[0] or "there is not enough memory"
        sys.stderr.write(f"error: xent cannot be loaded: {why}\n")
        status = 2
    sys.exit(status)


if __name__ == "__main__":
    main()
