import json
from typing import Any

import pytest

from tests.observability.processes import run, running

PROGRAM = "tests/observability/programs/log_lines.py"


def _lines(**settings: str) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in run(PROGRAM, **settings).stderr.splitlines()]
    return {line["event"].split("\n")[0]: line for line in lines}


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Any]]:
    return _lines()


def test_every_line_has_its_time_level_and_role_in_front(lines: dict[str, dict[str, Any]]) -> None:
    for line in lines.values():
        assert list(line)[:3] == ["ts", "level", "event"]
        assert line["ts"].endswith("Z")
        assert line["role"] == "router"


def test_what_is_said_and_what_is_not(lines: dict[str, dict[str, Any]]) -> None:
    levels = {event: line["level"] for event, line in lines.items() if "old thing" not in event}
    assert levels == {
        "made.before": "info",
        "in.context": "info",
        "Started server": "info",
        "worker says": "warning",
        "Running upgrade": "info",
        "it.failed": "error",
        "it failed too": "error",
    }
    assert any("old thing" in event for event in lines), "warnings are lines, too"


def test_the_trace_and_the_bound_context_are_in_the_line(lines: dict[str, dict[str, Any]]) -> None:
    line = lines["in.context"]
    assert (len(line["trace_id"]), len(line["span_id"]), line["tenant"]) == (32, 16, "premium")
    assert "trace_id" not in lines["made.before"]


def test_secrets_are_scrubbed_in_both_worlds(lines: dict[str, dict[str, Any]]) -> None:
    assert lines["made.before"]["nested"] == {"refresh_token": "[redacted]", "n": [1]}
    assert lines["in.context"]["url"] == "postgresql://[redacted]@host/db"
    assert lines["Started server"]["authorization"] == "[redacted]"


def test_values_json_does_not_know_are_written_as_text(lines: dict[str, dict[str, Any]]) -> None:
    assert lines["made.before"]["id"] == "00000000-0000-0000-0000-000000000007"
    assert lines["made.before"]["amount"] == "1.50"


def test_libraries_name_their_logger_and_exceptions_keep_their_stack(lines: dict[str, dict[str, Any]]) -> None:
    assert lines["worker says"]["logger"] == "dramatiq.worker"
    for event in ("it.failed", "it failed too"):
        assert "KeyError: 'missing'" in lines[event]["exception"]


@pytest.mark.parametrize(("level", "least"), [("debug", "a.detail"), ("ERROR", "it.failed")])
def test_the_level_is_a_setting(level: str, least: str) -> None:
    assert next(iter(_lines(TRELLIS_LOG_LEVEL=level))) == least


def test_an_unknown_level_is_refused() -> None:
    with running(PROGRAM, TRELLIS_LOG_LEVEL="LOUD") as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode != 0
        assert "log_level" in said
