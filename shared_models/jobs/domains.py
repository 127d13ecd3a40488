"""Which domains there are: the packages beside this one that have a database of their own, and so a mesh."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import shared_models


def installed_domains() -> list[str]:
    """The names of all domains that are installed, in order of the alphabet."""
    return sorted(path.parent.name for path in Path(str(files(shared_models))).glob("*/migrations"))
