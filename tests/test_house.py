"""The floors of the house: a module imports from floors below its own, and from none above."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import xent

SOURCE = Path(xent.__file__).parent

# Top to bottom. What stands in one line may know its neighbours, as a package's files do.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("explanation", "checkup", "inspection", "verification", "comparison"),
    ("render",),
    ("pipeline",),
    ("report",),
    ("functional",),
    ("inputs",),
    ("settings", "meaning"),
    ("parallel", "losses"),
    ("errors", "formats", "numbers", "_version"),
    ("__init__",),
)


def _floor(module: str) -> int:
    first = module.split(".")[1] if "." in module else "__init__"
    return next(number for number, names in enumerate(FLOORS) if first in names)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xent"):
            assert node.module
            if node.module == "xent":
                names = [alias.name for alias in node.names]
                yield from (
                    f"xent.{name}" if (SOURCE / name).is_dir() else "xent" for name in names
                )
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("xent"))


# What the formulas may use of the standard library, and NumPy.
PURE = {"collections", "dataclasses", "functools", "math", "numpy", "typing"}
MODULES = sorted(path.relative_to(SOURCE.parent) for path in SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_from_below(path: Path) -> None:
    own = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    if own == "xent":
        return  # the public face hands names on, from every floor, when they are asked for
    for imported in _imports(SOURCE.parent / path):
        assert _floor(own) <= _floor(imported), f"{own} imports {imported}"


def test_the_arithmetic_imports_numpy_and_itself_alone() -> None:
    for path in (SOURCE / "losses").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= {"numpy"}, path
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                if module.startswith("xent"):
                    assert module.startswith("xent.losses.") or module == "xent.errors", path
                else:
                    assert module.split(".")[0] in PURE, path


def test_the_readme_names_every_room() -> None:
    structure = (SOURCE.parents[1] / "README.md").read_text().partition("## Structure")[2]
    for package in SOURCE.iterdir():
        if (package / "__init__.py").exists():
            assert f"`{package.name}/`" in structure


def test_every_public_name_is_there() -> None:
    for name in xent.__all__:
        assert getattr(xent, name).__doc__
    assert set(xent.__all__) <= set(dir(xent))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'crossentropy'"):
        _ = xent.crossentropy
