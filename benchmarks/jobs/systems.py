"""The systems that are compared: what each needs, and how it is started: two worker processes, as many jobs at once."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ports import free_port

_REQUIREMENTS = Path(__file__).parent / "peers" / "requirements"
_APPS = "benchmarks.jobs.peers"

#: Worker processes, and jobs that each runs at once.
PROCESSES, SLOTS = 2, 12

Commands = Callable[[Path], Sequence[Sequence[str | Path]]]
"""The Python that has its packages, to the commands of its processes."""


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """One system. `unfinished` counts the jobs that its database still has to finish; `tables` are emptied before.

    `share`: how many of the jobs of a drain it is given, so that slow systems do not take most of the time.
    """

    name: str
    module: str
    commands: Commands
    requirements: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    database: str = "peers"
    tables: Sequence[str] = ("effect",)
    unfinished: str | None = None
    prepare: Sequence[str] = ()
    share: float = 0.25

    @property
    def title(self) -> str:
        """Its name and version."""
        if self.requirements is None:
            return self.name
        text = (_REQUIREMENTS / f"{self.requirements}.txt").read_text(encoding="utf-8")
        version = re.search(rf"^{self.requirements}==(.*)$", text, re.MULTILINE)
        return f"{self.name} {version[1] if version else ''}".strip()


def _mesh(python: Path) -> list[Sequence[str | Path]]:
    role: list[str | Path] = [python, "-m", "benchmarks.jobs.ours.role"]
    return [[*role, "relay", str(free_port())], *([*role, "work", str(free_port())] for _ in range(PROCESSES))]


def _dramatiq(python: Path) -> list[Sequence[str | Path]]:
    app = f"{_APPS}.dramatiq_app"
    return [[python, "-m", "dramatiq", app, "--processes", str(PROCESSES), "--threads", str(SLOTS)]]


def _celery(python: Path) -> list[Sequence[str | Path]]:
    app = f"{_APPS}.celery_app"
    return [
        [python, "-m", "celery", "-A", app, "worker", "-P", "threads", "-c", str(SLOTS), "-n", f"{number}@benchmark"]
        for number in range(PROCESSES)
    ]


def _procrastinate(python: Path) -> list[Sequence[str | Path]]:
    app = f"{_APPS}.procrastinate_app.app"
    command: list[str | Path] = [python, "-m", "procrastinate", "--app", app, "worker", "--concurrency", str(SLOTS)]
    return [[*command, "--delete-jobs", "never"] for _ in range(PROCESSES)]


def _arq(python: Path) -> list[Sequence[str | Path]]:
    return [[python.parent / "arq", f"{_APPS}.arq_app.WorkerSettings"] for _ in range(PROCESSES)]


def _taskiq(python: Path) -> list[Sequence[str | Path]]:
    app = f"{_APPS}.taskiq_app:broker"
    options: list[str | Path] = ["--workers", str(PROCESSES), "--max-async-tasks", str(SLOTS)]
    return [[python, "-m", "taskiq", "worker", app, *options]]


_MESH_TABLES = ("effect", "job, job_history", "outbox", "worker", "relay_lease")
_MESH_UNFINISHED = "SELECT count(*) FROM job WHERE state IN ('queued', 'dispatched', 'running')"


def _ours(name: str, together: int, share: float) -> System:
    return System(
        name,
        "benchmarks.jobs.ours.domain",
        _mesh,
        environment={"BENCHMARK_TOGETHER": str(together)},
        database="trellis_bench",
        tables=_MESH_TABLES,
        unfinished=_MESH_UNFINISHED,
        share=share,
    )


OURS = {"trellis": _ours("Trellis, together=20", 20, 1.0), "trellis-single": _ours("Trellis", 1, 0.25)}
PEERS = {
    "dramatiq": System("Dramatiq", f"{_APPS}.dramatiq_app", _dramatiq, "dramatiq", share=1.0),
    "celery": System("Celery", f"{_APPS}.celery_app", _celery, "celery"),
    "procrastinate": System(
        "Procrastinate",
        f"{_APPS}.procrastinate_app",
        _procrastinate,
        "procrastinate",
        tables=("effect", "procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers"),
        unfinished="SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')",
        prepare=("-m", "procrastinate", "--app", f"{_APPS}.procrastinate_app.app", "schema", "--apply"),
    ),
    "arq": System("arq", f"{_APPS}.arq_app", _arq, "arq"),
    "taskiq": System("taskiq", f"{_APPS}.taskiq_app", _taskiq, "taskiq"),
}
SYSTEMS = OURS | PEERS


def install(system: System, cache: Path) -> Path:
    """The Python of a virtual environment that has exactly the peer's pinned packages; made once, outside the tree."""
    if system.requirements is None:
        return Path(sys.executable)
    source, folder = _REQUIREMENTS / f"{system.requirements}.txt", cache / system.requirements
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if not installed.exists() or installed.read_bytes() != source.read_bytes():
        print(f"installing {system.title} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", source]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        installed.write_bytes(source.read_bytes())
    return python
