"""Exporting to a receiver that is away, late, or in the end there."""

import asyncio
import json
from collections.abc import Iterator

from observability.export import Delivery
from observability.testing import OtlpReceiver
from tests.observability.processes import run, running, wait_for_line
from tests.support.ports import free_port

ONE_TRACE = "tests/observability/programs/one_trace.py"
ON_REQUEST = "tests/observability/programs/spans_on_request.py"


def test_a_process_without_a_receiver_works_ends_and_complains_once() -> None:
    done = run(ONE_TRACE, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert len(done.stdout.strip()) == 32
    assert sorted(events) == ["order.refused", "telemetry.export_failing"]


def test_without_an_endpoint_nothing_is_sent_and_trace_ids_are_there() -> None:
    done = run(ONE_TRACE)
    (line,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert line["trace_id"] == done.stdout.strip()


async def test_a_receiver_that_starts_late_gets_everything() -> None:
    port = free_port()
    with running(ON_REQUEST, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}") as process:
        assert process.stdin is not None
        process.stdin.write("early\n")
        process.stdin.flush()
        await asyncio.to_thread(wait_for_line, process, "telemetry.export_failing")
        async with OtlpReceiver(port) as receiver:
            await receiver.wait_for(lambda spans: any(span.name == "early" for span in spans), timeout=60)
            await asyncio.to_thread(wait_for_line, process, "telemetry.export_resumed")
            process.stdin.write("late\n")
            process.stdin.flush()
            await receiver.wait_for(lambda spans: any(span.name == "late" for span in spans), timeout=60)


async def test_metrics_reach_the_receiver_at_the_latest_when_the_process_ends() -> None:
    async with OtlpReceiver() as receiver:
        code = "import observability as o; o.setup('relay'); o.meter('m').create_counter('jobs').add(1); o.shutdown()"
        await asyncio.to_thread(run, "-c", code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
        assert receiver.metric_requests == 1


async def test_spans_reach_the_receiver_when_the_process_forgets_to_shut_down() -> None:
    async with OtlpReceiver() as receiver:
        code = "import observability as o; o.setup('relay'); o.setup('other'); o.tracer('t').start_span('last').end()"
        done = await asyncio.to_thread(
            run, "-c", code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY="60000"
        )
        (span,) = await receiver.wait_for(bool, timeout=60)
        assert (span.name, span.service) == ("last", "trellis-relay")
        assert json.loads(done.stderr)["event"] == "observability.role_kept"


def _answers(*answers: bool) -> Iterator[bool]:
    yield from answers


def test_a_stopping_process_tries_once_more_and_then_drops() -> None:
    delivery = Delivery()
    delivery.hasten()
    answers = _answers(False, True)
    assert not delivery.deliver(lambda: next(answers), 1)
    assert delivery.failing
    assert not delivery.deliver(lambda: next(answers), 1), "not even tried: the receiver is known to be away"
    assert next(answers)


def test_what_is_under_way_is_aborted_only_when_it_is_hopeless() -> None:
    aborted: list[str] = []
    healthy, failing = Delivery(), Delivery()
    healthy.on_hasten(lambda: aborted.append("healthy"))
    failing.on_hasten(lambda: aborted.append("failing"))
    assert healthy.deliver(lambda: True, 1)
    failing.hasten()
    assert not failing.deliver(lambda: False, 1)
    healthy.hasten()
    failing.hasten()
    assert aborted == ["failing"]
