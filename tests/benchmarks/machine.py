"""What the figures were measured on."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

# By the names they are imported by.
_DISTRIBUTIONS = {
    "numpy": "numpy",
    "typer": "typer",
    "torch": "torch",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "jax": "jax",
    "optax": "optax",
    "polars": "polars",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "duckdb": "duckdb",
}


def has(*modules: str) -> bool:
    """Whether all of them are installed."""
    return all(find_spec(module) for module in modules)


def description() -> Iterator[str]:
    """The CPU, and the versions of what is compared; then what is missing."""
    yield f"- {_cpu()}, {os.cpu_count()} cores, {_memory() / 1e9:.0f} GB\n"
    yield f"- {platform.system()}, Python {platform.python_version()}\n"
    there = [name for module, name in _DISTRIBUTIONS.items() if has(module)]
    missing = [name for module, name in _DISTRIBUTIONS.items() if not has(module)]
    yield f"- {', '.join(f'{name} {_version(name)}' for name in ('xent-cli', *there))}\n"
    if missing:
        yield f"- not installed, and left out: {', '.join(missing)}\n"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of no known version"


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
