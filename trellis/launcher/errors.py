"""Why the launcher gives up."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from trellis.errors import OperatorError


class HomeInUseError(OperatorError):
    """Another launcher runs on the same home directory."""

    code: ClassVar[str] = "HOME_IN_USE"

    def __init__(self, home: Path, pid: str) -> None:
        super().__init__(f"{home} is in use by the launcher with process id {pid}; stop it or pass another --home")


class HomeNotWritableError(OperatorError):
    """The home directory cannot be created or written."""

    code: ClassVar[str] = "HOME_NOT_WRITABLE"

    def __init__(self, home: Path, reason: str) -> None:
        super().__init__(f"cannot write to {home} ({reason}); change its owner or pass another --home")


class RoleStartError(OperatorError):
    """A role did not become ready. The message ends with what the role logged last."""

    code: ClassVar[str] = "ROLE_START_FAILED"

    def __init__(self, role: str, reason: str, log: Path, log_tail: Sequence[str]) -> None:
        said = "".join(f"\n  | {line[:300]}" for line in log_tail[-8:])
        super().__init__(f"{role} {reason} (log: {log}){said}")
        self.role = role


class StartOrderError(OperatorError):
    """The roles' ``after`` names something unknown or goes in a circle: a mistake in the list of roles."""

    code: ClassVar[str] = "START_ORDER_INVALID"


class ForkServerError(OperatorError):
    """The process that starts the roles could not be prepared."""

    code: ClassVar[str] = "FORK_SERVER_FAILED"
