"""The program's entry: `xent`, or `python -m xent`."""

import sys


def main() -> None:
    """Run the command line. Ctrl-C is quiet, during the imports as well."""
    try:
        from xent.cli.app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    main()
