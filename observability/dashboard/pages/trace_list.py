"""The list of recent traces."""

from collections.abc import Sequence

from observability.dashboard.pages.formats import clock, date_and_clock, duration
from observability.dashboard.pages.markup import Child, Html, element
from observability.dashboard.pages.theme import badge, colours, page, short
from observability.dashboard.queries import TraceFilter, TraceSummary
from observability.dashboard.store import TraceStore


def render_list(store: TraceStore, wanted: TraceFilter, traces: Sequence[TraceSummary]) -> Html:
    """The page `/`."""
    services = store.services()
    colour = colours(services)
    held = element(
        "span",
        f"{store.spans:,} spans and logs held" + (f", {store.evicted:,} older traces dropped" if store.evicted else ""),
        class_="soft",
        id="held",
    )
    return page(
        "Recent traces", [element("span", class_="grow"), held], _filters(wanted, services), _table(traces, colour)
    )


def _filters(wanted: TraceFilter, services: Sequence[str]) -> Html:
    options = [element("option", "all", value="")]
    options += [element("option", short(name), value=name, selected=name == wanted.service) for name in services]
    return element(
        "form",
        element("label", "Service", element("select", options, name="service")),
        element(
            "label",
            "Operation contains",
            element("input", type="search", name="operation", value=wanted.operation, placeholder="placeOrder"),
        ),
        element(
            "label",
            "At least, ms",
            element("input", type="number", name="min_ms", min=0, step="any", value=f"{wanted.min_ms:g}"),
        ),
        element(
            "label",
            element("input", type="checkbox", name="errors", value="1", checked=wanted.errors),
            "errors only",
            class_="check",
        ),
        element("button", "Filter", type="submit"),
        element("a", "clear", href="/", class_="soft"),
        element("span", class_="grow"),
        element("label", element("input", type="checkbox", id="live", checked=True), "live", class_="check"),
        method="get",
        action="/",
        class_="filters",
    )


def _table(traces: Sequence[TraceSummary], colour: dict[str, str]) -> Html:
    if not traces:
        nothing = element("div", "No trace here yet. Send a request, or loosen the filter.", class_="empty")
        return element("div", nothing, class_="panel", id="traces")
    longest = max(trace.duration_ms for trace in traces) or 1.0
    head = element(
        "tr",
        element("th", "Start (UTC)"),
        element("th", "Operation"),
        element("th", "Duration", class_="num"),
        element("th", "Spans", class_="num"),
        element("th", "Services", class_="wide"),
        element("th", "Errors"),
    )
    rows: list[Child] = [_row(trace, longest, colour) for trace in traces]
    table = element("table", element("thead", head), element("tbody", rows), class_="list")
    return element("div", table, class_="panel", id="traces")


def _row(trace: TraceSummary, longest: float, colour: dict[str, str]) -> Html:
    own = colour.get(trace.service, "c0")
    share = max(1.0, 100 * trace.duration_ms / longest)
    length = element("svg", element("rect", width=f"{share:.1f}%", height=5, rx=2, class_=own), class_="len")
    errors = element("span", trace.errors, class_="badge err") if trace.errors else None
    return element(
        "tr",
        element("td", clock(trace.start), class_="mono soft", title=date_and_clock(trace.start)),
        element(
            "td",
            element("a", trace.name or "(no name)", href=f"/traces/{trace.trace_id}"),
            element("div", short(trace.service), " · ", trace.trace_id[:8], class_="soft mono"),
            class_="name",
        ),
        element("td", duration(int(trace.duration_ms * 1e6)), length, class_="num"),
        element("td", trace.spans, class_="num"),
        element("td", [badge(name, colour[name], n) for name, n in trace.services.items()], class_="wide"),
        element("td", errors),
    )
