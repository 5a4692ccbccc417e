"""Draw what xent prints as pictures, SVG files beside this script.

With --check it says of each picture whether it shows what xent prints today.
"""

import html
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
COMMANDS = {
    "compute": "xent compute '1,4,1,1; 5,1,2,1; 1,2,5,1' 1,0,2",
    "explain": "xent explain | head -n 27",
    "check": "xent check '0.7,0.2,0.1; 0.1,0.8,0.1; 0.2,0.3,0.5; 0.6,0.3,0.1' 0,1,2,0",
}
WIDTH = 84


def run(command: str) -> str:
    """Return what a command prints in a terminal with all colours."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLORTERM": "truecolor"}
    done = subprocess.run(  # noqa: S602  a command as a user types it
        command, shell=True, cwd=HERE, env=environment, capture_output=True, check=False
    )
    return done.stdout.decode()


def draw(command: str) -> str:
    """Return a picture of a terminal in which a command has run."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), command))
    console.print(Text.from_ansi(run(command)))
    return console.export_svg(title="xent", unique_id="xent")


def words(svg: str) -> list[str]:
    """Return the words in a picture, whichever version of rich has drawn it."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL)
    return html.unescape(" ".join(texts)).replace("\xa0", " ").split()


def main() -> None:
    """Draw or check all pictures."""
    for name, command in COMMANDS.items():
        path = HERE / f"{name}.svg"
        if "--check" in sys.argv:
            same = words(path.read_text("utf-8")) == words(draw(command))
            print(f"{path.name}: {'as printed' if same else 'not what is printed'}")
        else:
            path.write_text(draw(command), "utf-8")


if __name__ == "__main__":
    main()
