"""The whole of a local run: the lock on the home, the servers, the roles."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trellis.embedded.server import EmbeddedServer
from trellis.launcher.errors import HomeNotWritableError
from trellis.launcher.lock import HomeLock
from trellis.launcher.role import Role
from trellis.launcher.role_unit import RoleUnit
from trellis.launcher.server_unit import ServerUnit
from trellis.launcher.spawner import ForkServerSpawner
from trellis.launcher.supervisor import START_TIMEOUT, Supervisor
from trellis.launcher.unit import Unit


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        home: the directory of all state; the logs of the roles lie in ``<home>/logs``.
        roles: the processes.
        servers: embedded servers by the name that roles use in ``after``.
        preload: heavy modules that the roles share; they must start no thread when imported.
        prepare: called once the home is ours alone, before anything starts; may write to it.
        start_timeout: seconds that each role has until it must be ready.
    """

    home: Path
    roles: Sequence[Role]
    servers: Mapping[str, EmbeddedServer] = field(default_factory=dict)
    preload: Sequence[str] = ()
    prepare: Callable[[], None] = lambda: None
    start_timeout: float = START_TIMEOUT


async def launch(plan: Plan, announce: Callable[[str], None], on_ready: Callable[[], None]) -> None:
    """Run ``plan`` until a signal ends it; must be awaited in the main thread.

    ``announce`` gets a line for each start, end and restart, ``on_ready`` is called when all is ready.

    Raises:
        OperatorError: the home is taken, a port is taken, a role or server does not start. Nothing is left.
    """
    with HomeLock(plan.home):
        spawner = ForkServerSpawner(plan.preload)
        _prepare(plan)
        units: list[Unit] = [ServerUnit(name, server) for name, server in plan.servers.items()]
        try:
            units += [RoleUnit(role, spawner, plan.home / "logs") for role in plan.roles]
        except OSError as error:
            raise HomeNotWritableError(plan.home / "logs", error.strerror or "no reason given") from error
        try:
            spawner.prepare()  # its imports pass while the servers start
            await Supervisor(units, announce, start_timeout=plan.start_timeout).run(on_ready)
        finally:
            await asyncio.shield(spawner.close())


def _prepare(plan: Plan) -> None:
    try:
        plan.prepare()
    except OSError as error:
        raise HomeNotWritableError(plan.home, error.strerror or "no reason given") from error
