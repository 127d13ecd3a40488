"""The dashboard as the process it is: `serve.run` on a free port, real HTTP, the SDK's real exporters."""

import gzip
import json
import re
import subprocess
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.observability.dashboard.otlp import logs, span, trace_id, traces
from tests.observability.processes import run, running, wait_for_line
from tests.support.ports import free_port

LIMIT = 200_000
PROTOBUF = {"content-type": "application/x-protobuf"}


class Answer:
    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)


class Dashboard:
    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.process = process

    def ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())

    def trace(self, number: int) -> Answer:
        return self.ask(f"/api/traces/{trace_id(number).hex()}")


@pytest.fixture(scope="module")
def dashboard() -> Iterator[Dashboard]:
    port = free_port()
    code = (
        "import observability; observability.setup('observe'); "
        f"from observability.dashboard.serve import run; run({port})"
    )
    with running("-c", code, TRELLIS_DASHBOARD_BODY_BYTES=str(LIMIT)) as process:
        wait_for_line(process, "Uvicorn running")
        yield Dashboard(f"http://127.0.0.1:{port}", process)


def test_a_process_exports_its_trace_to_the_dashboard(dashboard: Dashboard) -> None:
    exported = run("tests/observability/programs/one_trace.py", OTEL_EXPORTER_OTLP_ENDPOINT=dashboard.url)
    known_id = exported.stdout.strip()

    document = dashboard.ask(f"/api/traces/{known_id}").json()

    (root,) = document["roots"]
    (inner,) = root["children"]
    assert root["service"] == "trellis-subgraph-orders"
    assert root["resource"]["service.namespace"] == "trellis"
    assert {"service.instance.id", "process.pid"} <= set(root["resource"])
    assert (inner["name"], inner["status"], inner["parentId"]) == ("inner", "ERROR", root["spanId"])
    assert inner["events"][0]["attributes"]["exception.type"] == "ValueError"
    (line,) = inner["logs"]
    assert (line["body"], line["severity"]) == ("order.refused", "ERROR")
    assert line["attributes"]["password"] == "[redacted]"
    earlier = dashboard.ask(f"/api/traces/{root['links'][0]['traceId']}").json()
    assert earlier["linkedFrom"] == [known_id]


def test_pages_show_a_hostile_trace_as_text(dashboard: Dashboard) -> None:
    exported = run("tests/observability/programs/one_trace.py", OTEL_EXPORTER_OTLP_ENDPOINT=dashboard.url)
    for path in ("/", f"/traces/{exported.stdout.strip()}", "/?operation=%22%3E%3Cscript%3Ealert(4)%3C/script%3E"):
        answer = dashboard.ask(path)
        page = answer.body.decode()
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert page.count("<script") == 1, "only the page's own script"
        assert not re.search(r"<(img|b>bad)", page)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r'(src|href)="(https?:)?//', page), "no external assets"
    assert "&lt;script&gt;alert(1)" in dashboard.ask("/").body.decode()


@pytest.mark.parametrize(
    ("encoding", "squeeze"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes), ("", bytes)]
)
def test_content_encodings(dashboard: Dashboard, encoding: str, squeeze: Any) -> None:
    body = traces("s", span(100 + len(encoding), 1)).SerializeToString()
    answer = dashboard.ask("/v1/traces", squeeze(body), {**PROTOBUF, "content-encoding": encoding})
    assert (answer.status, answer.body) == (200, b"")
    assert dashboard.trace(100 + len(encoding)).status == 200


def test_otlp_json_with_hexadecimal_ids(dashboard: Dashboard) -> None:
    message = MessageToDict(traces("from-json", span(200, 2, 1, name="json")))
    sent = message["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    sent |= {"traceId": trace_id(200).hex(), "spanId": "00000000000000AB", "parentSpanId": "", "unheardOf": 1}
    answer = dashboard.ask("/v1/traces", json.dumps(message).encode(), {"content-type": "application/json"})
    assert (answer.status, answer.json()) == (200, {})
    (root,) = dashboard.trace(200).json()["roots"]
    assert (root["spanId"], root["name"], root["service"]) == ("00000000000000ab", "json", "from-json")


def test_logs_and_metrics_are_accepted(dashboard: Dashboard) -> None:
    dashboard.ask("/v1/traces", traces("s", span(300, 1)).SerializeToString(), PROTOBUF)
    assert dashboard.ask("/v1/logs", logs("s", 300, 1, "said").SerializeToString(), PROTOBUF).status == 200
    assert dashboard.trace(300).json()["roots"][0]["logs"][0]["body"] == "said"
    assert dashboard.ask("/v1/metrics", ExportMetricsServiceRequest().SerializeToString(), PROTOBUF).status == 200


JSON_TYPE = {"content-type": "application/json"}


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"\xff\xff\xff", PROTOBUF, 400, "MALFORMED_PAYLOAD"),
        (b"{", JSON_TYPE, 400, "MALFORMED_PAYLOAD"),
        (b"[1]", JSON_TYPE, 400, "MALFORMED_PAYLOAD"),
        (b"[" * 100_000, JSON_TYPE, 400, "MALFORMED_PAYLOAD"),
        (b"\xff{}", JSON_TYPE, 400, "MALFORMED_PAYLOAD"),
        (b"no gzip", {**PROTOBUF, "content-encoding": "gzip"}, 400, "MALFORMED_PAYLOAD"),
        (gzip.compress(bytes(1_000))[:-9], {**PROTOBUF, "content-encoding": "gzip"}, 400, "MALFORMED_PAYLOAD"),
        (b"", {**PROTOBUF, "content-encoding": "br"}, 415, "UNSUPPORTED_ENCODING"),
        (b"", {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (bytes(LIMIT + 1), PROTOBUF, 413, "PAYLOAD_TOO_LARGE"),
        (gzip.compress(bytes(50_000_000)), {**PROTOBUF, "content-encoding": "gzip"}, 413, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_refusals(
    dashboard: Dashboard, path: str, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = dashboard.ask(path, body, headers)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert b"Traceback" not in answer.body


def test_json_ids_that_are_not_hexadecimal(dashboard: Dashboard) -> None:
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}'
    assert dashboard.ask("/v1/traces", body, JSON_TYPE).json()["code"] == "MALFORMED_PAYLOAD"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/api/traces/{'0' * 32}", 404, "TRACE_NOT_FOUND"),
        ("/traces/nothing", 404, "TRACE_NOT_FOUND"),
        ("/api/traces?min_ms=x", 400, "BAD_USER_INPUT"),
        ("/nowhere", 404, "NOT_FOUND"),
        ("/v1/traces", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_wrong_addresses(dashboard: Dashboard, path: str, status: int, code: str) -> None:
    answer = dashboard.ask(path)
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_health(dashboard: Dashboard) -> None:
    assert dashboard.ask("/health/live").status == 200
    assert dashboard.ask("/health/ready").status == 200


def test_it_is_small(dashboard: Dashboard) -> None:
    with open(f"/proc/{dashboard.process.pid}/status", encoding="ascii") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    assert resident < 90_000, "kilobytes"
