"""What the launcher has to know of a role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Role:
    """One process of the platform: pure description.

    Attributes:
        name: names the log file and the lines on the terminal, e.g. ``orders``.
        entry: the callable that the process runs, as ``package.module:function``. It receives ``args`` as one
            list of strings; what it returns is the exit status, None meaning 0.
        env: environment variables added to the launcher's own.
        health_url: answers 200 when the role is ready. Its port must be free at the start.
        once: the role is a task (a migration): ready when it has ended with status 0, not started again.
            Without ``health_url`` a role that is no task is ready as soon as it runs.
        after: names of the roles and servers that must be ready before this one starts.
        title: what ``ps`` shows; by default ``trellis`` and the arguments.
    """

    name: str
    entry: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    health_url: str | None = None
    once: bool = False
    after: tuple[str, ...] = ()
    title: str | None = None

    @property
    def process_title(self) -> str:
        return self.title or " ".join(("trellis", *self.args))

    @property
    def port(self) -> int | None:
        return urlsplit(self.health_url).port if self.health_url else None
