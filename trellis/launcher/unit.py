"""What the supervisor keeps alive, whatever it is."""

from pathlib import Path
from typing import Protocol


class Unit(Protocol):
    """A role's process or an embedded server: started, ready, ended, stopped, and all that again."""

    @property
    def name(self) -> str: ...

    @property
    def after(self) -> tuple[str, ...]:
        """Names of the units that must be ready first."""

    @property
    def once(self) -> bool:
        """A task: it is to end with status 0, and then counts as ready."""

    @property
    def log_path(self) -> Path: ...

    @property
    def log_tail(self) -> list[str]:
        """What it wrote last, oldest first."""

    def check(self) -> None:
        """Raise an OperatorError when it could not start (its port is taken)."""

    async def start(self) -> None:
        """Begin. Raises an OperatorError when trying again is of no use."""

    async def ready(self) -> None:
        """Return when it is ready to serve; never, if it ends before."""

    async def ended(self) -> int:
        """Return its exit status when it has ended, negative for a signal."""

    async def stop(self, grace: float) -> None:
        """Stop it: politely, after ``grace`` seconds by force. Returns when it is gone."""
