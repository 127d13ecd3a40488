"""The processes that the nemesis strikes: each has its own way to the servers, and is replaced when it has died."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.breakable import Breakable, Way
from tests.support.mesh import Mesh, RoleProcess


class Berth:
    """A place in a deployment: a role that is to run, its environment, the process that has it now, its way."""

    def __init__(self, mesh: Mesh, role: str, way: Way, environment: Mapping[str, str]) -> None:
        self._mesh = mesh
        self._role = role
        self._environment = environment
        self._process: RoleProcess | None = None
        self.way = way

    def ensure(self) -> RoleProcess:
        """Who is there; somebody is, a supervisor sees to that."""
        if self._process is None or not self._process.running:
            self._process = self._mesh.start_at(self.way.settings, self._role, **self._environment)
        return self._process

    def replace(self) -> RoleProcess:
        """Starts a new process; the old one is left to itself, and returned."""
        old, self._process = self.ensure(), None
        self.ensure()
        return old


class Fleet:
    """Workers and relays."""

    def __init__(self, berths: list[Berth]) -> None:
        self.berths = berths

    def ensure(self) -> None:
        """Everybody is there."""
        for berth in self.berths:
            berth.ensure()


async def launched(
    mesh: Mesh, servers: Breakable, environment: Mapping[str, str], *, workers: int, relays: int
) -> Fleet:
    """A fleet, all of it running."""
    roles = ["relay"] * relays + ["work"] * workers
    fleet = Fleet([Berth(mesh, role, await servers.way(), environment) for role in roles])
    fleet.ensure()
    return fleet
