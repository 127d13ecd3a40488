import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased
from opentelemetry.trace import get_current_span, use_span

from observability.propagation import restored
from observability.sampling import RateLimitedSampler
from observability.settings import ObservabilitySettings
from observability.tracing import root_sampler

SAMPLED = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
NOT_SAMPLED = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _recorded(provider: TracerProvider, times: int) -> int:
    tracer = provider.get_tracer("t")
    return sum(tracer.start_span("root").is_recording() for _ in range(times))


def test_a_burst_is_recorded_and_then_the_rate() -> None:
    clock = Clock()
    provider = TracerProvider(sampler=ParentBased(RateLimitedSampler(25, burst=100, clock=clock)))
    assert _recorded(provider, 150) == 100
    clock.now += 2
    assert _recorded(provider, 150) == 50
    clock.now += 3_600
    assert _recorded(provider, 150) == 100


def test_a_rate_of_zero_records_nothing() -> None:
    assert _recorded(TracerProvider(sampler=ParentBased(RateLimitedSampler(0))), 10) == 0


def test_the_parents_decision_is_kept_and_costs_no_token() -> None:
    clock = Clock()
    provider = TracerProvider(sampler=ParentBased(RateLimitedSampler(1, burst=1, clock=clock)))
    tracer = provider.get_tracer("t")
    for _ in range(5):
        assert tracer.start_span("child", context=restored(SAMPLED)).is_recording()
    unsampled = tracer.start_span("child", context=restored(NOT_SAMPLED))
    assert not unsampled.is_recording()
    assert unsampled.get_span_context().trace_id == get_current_span(restored(SAMPLED)).get_span_context().trace_id
    assert _recorded(provider, 2) == 1


def test_an_unsampled_root_has_a_valid_trace_id_and_so_have_its_children() -> None:
    tracer = TracerProvider(sampler=ParentBased(RateLimitedSampler(0))).get_tracer("t")
    with tracer.start_as_current_span("root") as root:
        child = tracer.start_span("child")
    assert root.get_span_context().is_valid
    assert child.get_span_context().trace_id == root.get_span_context().trace_id
    assert not child.is_recording()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "root:AlwaysOffSampler"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "root:RateLimitedSampler{25/s}"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "TRELLIS_TRACES_PER_SECOND": "3"},
            "root:RateLimitedSampler{3/s}",
        ),
    ],
)
def test_the_environment_chooses_the_sampler(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    sampler = root_sampler(ObservabilitySettings(), is_edge=False)
    assert sampler is not None
    assert expected in sampler.get_description()


def test_the_standard_variable_overrides_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    assert _recorded(TracerProvider(sampler=root_sampler(ObservabilitySettings(), is_edge=False)), 500) == 500


@pytest.mark.parametrize("caller", [SAMPLED, NOT_SAMPLED])
def test_at_the_edge_a_caller_names_the_trace_and_does_not_decide(
    caller: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("TRELLIS_TRACES_PER_SECOND", "0.001")
    tracer = TracerProvider(sampler=root_sampler(ObservabilitySettings(), is_edge=True)).get_tracer("t")
    spans = [tracer.start_span("request", context=restored(caller)) for _ in range(110)]
    assert [span.is_recording() for span in spans] == [True] * 100 + [False] * 10
    assert {span.get_span_context().trace_id for span in spans} == {0x0AF7651916CD43DD8448EB211C80319C}
    with use_span(spans[0]):
        assert tracer.start_span("below").is_recording()
    with use_span(spans[-1]):
        assert not tracer.start_span("below").is_recording()
