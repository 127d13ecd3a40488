"""Running as somebody who is not root, also when the tests are root's."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
_AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
#: A virtual environment of root's may lie where others cannot look: this user may look everywhere, and no more.
_SEEING = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
_HOMELESS = ("env", "HOME=/nonexistent", "PYTHONDONTWRITEBYTECODE=1")


@dataclass(frozen=True)
class User:
    """Who runs a command, and what stands before it to that end."""

    uid: int
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Gives the directory to the user."""
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.uid)


def normal_user() -> User | None:
    """A user who is not root; None when the tests are root's and no other user can run this Python."""
    if os.geteuid():
        return User(os.geteuid())
    for command in (_AS_NOBODY, (*_AS_NOBODY, *_SEEING)):
        prefix = (*command, *_HOMELESS)
        try:
            tried = subprocess.run(
                [*prefix, sys.executable, "-c", "import trellis"], check=False, stderr=subprocess.DEVNULL
            )
        except OSError:  # there is no setpriv
            return None
        if tried.returncode == 0:
            return User(NOBODY, prefix)
    return None
