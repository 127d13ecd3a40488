"""compose.yaml: valid, complete, and running the same commands with the same settings as a local run."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from trellis.domains import DOMAINS
from trellis.environment import known_settings
from trellis.topology import LocalRun, Ports

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, parsed."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return parsed


def our_services(compose: dict[str, Any]) -> dict[str, Any]:
    """The services that run our image."""
    return {name: service for name, service in compose["services"].items() if service["image"] == "trellis"}


def test_it_follows_the_compose_specification() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_it_runs_every_role_of_a_local_run_by_the_same_command(compose: dict[str, Any], tmp_path: Path) -> None:
    local = {_command(role.args) for role in LocalRun(tmp_path, Ports(4000), workers=1, given={}).plan().roles}
    assert {_command(service["command"][1:]) for service in our_services(compose).values()} == local


def test_every_setting_in_it_is_one_that_a_role_reads(compose: dict[str, Any]) -> None:
    known = known_settings()
    named = {name for service in our_services(compose).values() for name in service.get("environment", {})}
    assert {name for name in named if name.startswith("TRELLIS_")} <= set(known)


def test_long_lived_services_have_health_checks_and_tasks_have_none(compose: dict[str, Any]) -> None:
    for name, service in our_services(compose).items():
        assert bool(service["healthcheck"].get("disable")) == (name in ("migrate", "seed")), name


def test_nothing_starts_before_what_it_depends_on(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for domain in DOMAINS:
        assert services[domain]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services["router"]["depends_on"][domain] == {"condition": "service_healthy"}
    assert services["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def _command(args: Any) -> tuple[str, ...]:
    """A role's command without its addresses."""
    words = list(args)
    for option in ("--port", "--host", "--subgraphs"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    return tuple(words)
