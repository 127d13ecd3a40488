"""As whom a server process runs.

PostgreSQL refuses to run with uid 0. Root therefore starts it inside a user namespace in which root's own
uid is called 65534 (files keep root as owner, nothing needs to be chowned). Where the kernel or the container
denies user namespaces, the process becomes the user ``nobody`` and the data directory is given to it.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Identity:
    """How to start a process, and who must own its files.

    ``enter`` is put before the command: it changes the user (the last program of the chain replaces itself by
    the command, so the pid stays the same). ``owner`` is the uid that owns what the process writes.
    """

    enter: tuple[str, ...]
    owner: int

    def command(self, argv: list[str], *, signal_on_parent_death: str | None = None) -> list[str]:
        """``argv`` started as this identity; Linux sends it the signal (``INT``) when its parent dies."""
        chain = list(self.enter)
        # Must come after the change of user, which clears the setting.
        if signal_on_parent_death is not None and (setpriv := shutil.which("setpriv")):
            chain += [setpriv, "--pdeathsig", signal_on_parent_death]
        return chain + argv

    def own(self, path: Path) -> None:
        """Make ``owner`` the owner of ``path`` and all below it, unless it is already."""
        if os.geteuid() != 0 or path.stat().st_uid == self.owner:
            return
        os.chown(path, self.owner, -1)
        for directory, _, files in os.walk(path):
            for name in files:
                os.chown(os.path.join(directory, name), self.owner, -1, follow_symlinks=False)
            os.chown(directory, self.owner, -1)


def current_user() -> Identity:
    """The user that runs Trellis, unchanged."""
    return Identity(enter=(), owner=os.geteuid())


def root_renamed() -> Identity | None:
    """Root under another name, in a user namespace; None where those are denied."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    enter = (unshare, "--user", f"--map-user={_NOBODY}")
    allowed = subprocess.run([*enter, "true"], check=False, capture_output=True).returncode == 0  # noqa: S603 -- fixed words
    return Identity(enter, owner=os.geteuid()) if allowed else None


def nobody() -> Identity | None:
    """The unprivileged user ``nobody``; None where no program can change to it."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return None
    enter = (setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    return Identity(enter, owner=_NOBODY)


def unprivileged() -> Identity | None:
    """The best way to run a server that refuses uid 0; None when root has none."""
    if os.geteuid() != 0:
        return current_user()
    return root_renamed() or nobody()
