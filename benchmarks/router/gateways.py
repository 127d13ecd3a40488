"""The gateways that are compared: how each is installed and started. All with their defaults, and no telemetry."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PEERS = Path(__file__).parent / "peers"

Command = Callable[[Path, Path, int], Sequence[str | Path]]
"""The folder with its packages, the supergraph and a port, to the command that serves it."""


@dataclass(frozen=True, slots=True, eq=False)
class Gateway:
    """One gateway. `packages` is the folder in `peers/` that says what it needs; the first named is its version's."""

    name: str
    command: Command
    packages: str | None = None
    package: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name and version."""
        if self.packages is None:
            return self.name
        wanted = json.loads((_PEERS / self.packages / "package.json").read_text(encoding="utf-8"))
        return f"{self.name} {wanted['dependencies'][self.package]}"


def _trellis(_: Path, supergraph: Path, port: int) -> Sequence[str | Path]:
    # Of the tree that this benchmark is in, not the one that happens to be installed.
    return [sys.executable, "-m", "trellis", "route", "--supergraph", supergraph, "--port", str(port)]


def _apollo(folder: Path, supergraph: Path, port: int) -> Sequence[str | Path]:
    return ["node", folder / "gateway.mjs", supergraph, str(port)]


def _hive(folder: Path, supergraph: Path, port: int) -> Sequence[str | Path]:
    program = folder / "node_modules" / ".bin" / "hive-gateway"
    return [program, "supergraph", supergraph, "--host", "127.0.0.1", "--port", str(port), "--fork", "1"]


def _hive_runtime(folder: Path, supergraph: Path, port: int) -> Sequence[str | Path]:
    return [*_hive(folder, supergraph, port), "--hive-router-runtime"]


_PRODUCTION = {"NODE_ENV": "production"}

OURS = Gateway("Trellis", _trellis)
PEERS = {
    "apollo": Gateway("Apollo Gateway", _apollo, "apollo", "@apollo/gateway", _PRODUCTION),
    "hive": Gateway("Hive Gateway", _hive, "hive", "@graphql-hive/gateway", _PRODUCTION),
    "hive-runtime": Gateway(
        "Hive Gateway, planner in Rust", _hive_runtime, "hive", "@graphql-hive/gateway", _PRODUCTION
    ),
}


def install(gateway: Gateway, cache: Path) -> Path:
    """The folder with the gateway's packages, exactly those of its lock file; outside the repository, once."""
    if gateway.packages is None:
        return cache
    source, folder = _PEERS / gateway.packages, cache / gateway.packages
    lock = "package-lock.json"
    is_there = (folder / ".installed").exists() and (folder / lock).read_bytes() == (source / lock).read_bytes()
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if not is_there:
        print(f"installing {gateway.title} into {folder}", file=sys.stderr)
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
            cwd=folder,
            check=True,
            stdout=sys.stderr,
        )
        (folder / ".installed").touch()
    return folder
