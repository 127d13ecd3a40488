"""What every benchmark can be told on its command line."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser that knows `--json`."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", type=Path, help="also write the figures to this file")
    return made


def peers_parser(description: str) -> argparse.ArgumentParser:
    """One that knows `--quick` and `--cache` as well: for what is measured beside peers, which are installed first."""
    made = parser(description)
    made.add_argument("--quick", action="store_true", help="as short as can be, to see that everything works")
    made.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "trellis-benchmark-peers",
        help="the folder that the peers' packages are installed into",
    )
    return made


def names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Reads `a,b` as names of which each must be known; what argparse takes as a type."""

    def read(text: str) -> list[str]:
        found = [name for name in text.split(",") if name]
        unknown = set(found) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(known)}")
        return found

    return read
