"""The home of a local run: what `trellis up` leaves there for the commands that speak to it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from trellis.errors import OperatorError

DEFAULT_HOME = Path(".trellis")
_FILE = "environment.json"


class NotRunningError(OperatorError):
    """A command needs the settings of a platform, and none are set or left by `trellis up`."""

    code: ClassVar[str] = "PLATFORM_NOT_FOUND"

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"neither TRELLIS_DATABASE_URL is set nor has `trellis up` run in {home}; start it, or name its --home"
        )


def leave_environment(home: Path, environment: Mapping[str, str]) -> None:
    """Leaves the settings of the run in `home`, readable by its owner alone: they hold secrets."""
    path = home / _FILE
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(dict(environment), file, indent=2)


def adopt_environment(home: Path) -> None:
    """Takes on the settings of the run in `home`, unless the environment names another platform already."""
    named = os.environ.get("TRELLIS_DATABASE_URL")
    try:
        left = json.loads((home / _FILE).read_text())
    except (OSError, ValueError):
        if named is None:
            raise NotRunningError(home) from None
        return
    if named not in (None, left.get("TRELLIS_DATABASE_URL")):
        return
    for name, value in left.items():
        os.environ.setdefault(name, value)
