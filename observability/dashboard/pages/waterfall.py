"""One trace: every span as a bar on a common time axis, its details one click away."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from observability.dashboard.model import Event, Link, LogLine, Span
from observability.dashboard.pages.formats import clock, date_and_clock, duration
from observability.dashboard.pages.markup import Child, Html, element
from observability.dashboard.pages.theme import badge, colours, page, short
from observability.dashboard.queries import TraceDocument, TraceSummary
from observability.dashboard.tree import Node

MAX_ROWS = 2_000
TICKS = 5
INDENT = 14  # pixels a level
MAX_INDENT_LEVELS = 16


def render_trace(document: TraceDocument) -> Html:
    """The page `/traces/{id}`."""
    summary = document.summary
    colour = colours(summary.services)
    nodes = document.nodes()
    logs: dict[str, list[LogLine]] = {}
    for line in document.logs:
        logs.setdefault(line.span_id, []).append(line)
    axis = Axis(summary)
    rows = [_row(node, axis, colour[node.span.service], logs.get(node.span.span_id, [])) for node in nodes[:MAX_ROWS]]
    return page(
        summary.name or summary.trace_id,
        [element("span", summary.trace_id, class_="mono soft"), element("span", class_="grow"), _json_link(summary)],
        element("h1", summary.name or "(no name)"),
        _facts(document, len(nodes)),
        element("div", [badge(name, colour[name], n) for name, n in summary.services.items()], class_="legend"),
        element("div", axis.ruler(), rows, class_="panel"),
        _linked_from(document.linked_from),
        _all_logs(document.logs, summary.start, colour),
    )


class Axis:
    """The common time axis, in nanoseconds from the start of the trace."""

    def __init__(self, summary: TraceSummary) -> None:
        self.start = summary.start
        self.length = max(1, int(summary.duration_ms * 1e6))

    def ruler(self) -> Html:
        ticks = [element("span", duration(self.length * i // (TICKS - 1))) for i in range(TICKS)]
        return element(
            "div",
            element("span", "Span"),
            element("span", ticks, class_="ticks"),
            element("span", "Duration", class_="num"),
            class_="ruler",
        )

    def bar(self, span: Span, colour: str) -> Html:
        left = min(100.0, max(0.0, 100 * (span.start - self.start) / self.length))
        width = min(100.0 - left, 100 * (span.end - span.start) / self.length)
        # A span too short for a pixel is drawn all the same, and not beyond the right edge.
        shown = max(width, 0.4)
        grid = [element("line", x1=f"{x}%", x2=f"{x}%", y1=0, y2=16) for x in (25, 50, 75)]
        box = element(
            "rect", x=f"{min(left, 100 - shown):.3f}%", y=3, width=f"{shown:.3f}%", height=10, rx=2, class_=colour
        )
        fault = element("rect", x=f"{min(left, 100 - shown):.3f}%", y=14, width=f"{shown:.3f}%", height=2, class_="bad")
        return element("svg", grid, box, fault if span.is_error else None, class_="bar", aria_hidden="true")


def _json_link(summary: TraceSummary) -> Html:
    return element("a", "JSON", href=f"/api/traces/{summary.trace_id}")


def _facts(document: TraceDocument, spans: int) -> Html:
    summary = document.summary
    facts: list[Child] = [
        element("span", date_and_clock(summary.start)),
        element("span", element("b", duration(int(summary.duration_ms * 1e6)))),
        element("span", element("b", summary.spans), " span" if summary.spans == 1 else " spans"),
        element("span", element("b", len(document.logs)), " log line" if len(document.logs) == 1 else " log lines"),
    ]
    if summary.errors:
        facts.append(element("span", f"{summary.errors} with errors", class_="badge err"))
    if spans > MAX_ROWS:
        facts.append(element("span", f"the first {MAX_ROWS:,} are shown; the JSON has all", class_="soft"))
    if document.dropped:
        facts.append(
            element("span", f"{document.dropped:,} beyond the limit of one trace were not kept", class_="soft")
        )
    return element("div", facts, class_="facts")


def _row(node: Node, axis: Axis, colour: str, logs: Sequence[LogLine]) -> Html:
    span = node.span
    indent = INDENT * min(node.depth, MAX_INDENT_LEVELS)
    label = element(
        "span",
        element("svg", width=indent, height=1, class_="indent") if indent else None,
        element("span", class_=f"dot {colour}", title=span.service),
        element("span", span.name or "(no name)", class_="n", title=span.name),
        element("span", span.kind.lower(), class_="kind") if span.kind not in {"INTERNAL", "UNSPECIFIED"} else None,
        element("span", f"⤴ {len(span.links)}", class_="links", title="linked spans") if span.links else None,
        element("span", f"≡ {len(logs)}", class_="logs", title="log lines") if logs else None,
        class_="label",
    )
    summary = element(
        "summary", label, axis.bar(span, colour), element("span", duration(span.end - span.start), class_="num")
    )
    classes = "row err" if span.is_error else "row"
    return element("details", summary, _detail(span, axis, logs), class_=classes, id=f"span-{span.span_id}")


def _detail(span: Span, axis: Axis, logs: Sequence[LogLine]) -> Html:
    facts: dict[str, Any] = {
        "service": span.service,
        "span": span.span_id,
        "kind": span.kind,
        "starts at": f"+{duration(max(0, span.start - axis.start))}",
        "scope": span.scope,
    }
    message = f"{span.status}: {span.status_message}" if span.status_message else span.status
    return element(
        "div",
        element("div", message, class_="message") if span.is_error else None,
        _section("Attributes", _pairs(span.attributes)) if span.attributes else None,
        _section("Events", [_event(event, axis) for event in span.events]) if span.events else None,
        _section("Links", [_link(link) for link in span.links]) if span.links else None,
        _section("Logs", _log_table(logs, axis.start)) if logs else None,
        _section("Span", _pairs(facts)),
        element("details", element("summary", "Resource"), _pairs(span.resource), class_="more"),
        class_="detail",
    )


def _section(title: str, content: Child) -> list[Child]:
    return [element("h3", title), content]


def _pairs(values: Mapping[str, Any]) -> Html:
    rows: list[Child] = [
        element("tr", element("td", key), element("td", _shown(value), class_="mono")) for key, value in values.items()
    ]
    return element("table", rows, class_="kv")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _event(event: Event, axis: Axis) -> list[Child]:
    title = element("div", element("b", event.name), f" at +{duration(max(0, event.at - axis.start))}")
    return [title, _pairs(event.attributes)]


def _link(link: Link) -> list[Child]:
    address = f"/traces/{link.trace_id}#span-{link.span_id}"
    target = element("a", f"{link.trace_id} / {link.span_id}", href=address, class_="mono")
    return [element("div", target), _pairs(link.attributes)]


def _linked_from(trace_ids: Sequence[str]) -> Child:
    if not trace_ids:
        return None
    links: list[Child] = [
        element("div", element("a", trace_id, href=f"/traces/{trace_id}", class_="mono")) for trace_id in trace_ids
    ]
    return [element("h2", "Traces that link to this one"), *links]


def _all_logs(logs: Sequence[LogLine], start: int, colour: Mapping[str, str]) -> Child:
    if not logs:
        return None
    return [element("h2", "Logs"), element("div", _log_table(logs, start, colour), class_="panel")]


def _log_table(logs: Sequence[LogLine], start: int, colour: Mapping[str, str] | None = None) -> Html:
    rows: list[Child] = []
    for line in logs:
        extra = " ".join(f"{key}={_shown(value)}" for key, value in line.attributes.items())
        source = None
        if colour is not None:
            name = element("a", short(line.service), href=f"#span-{line.span_id}")
            source = element("td", element("span", class_=f"dot {colour.get(line.service, 'c11')}"), " ", name)
        rows.append(
            element(
                "tr",
                element("td", f"+{duration(max(0, line.at - start))}", class_="num", title=clock(line.at)),
                source,
                element("td", line.severity.lower(), class_=f"sev-{_word(line.severity)}"),
                element("td", line.body, " ", element("span", extra, class_="soft"), class_="mono"),
            )
        )
    return element("table", rows, class_="logs" if colour is None else "logs wide")


def _word(severity: str) -> str:
    return "".join(letter for letter in severity.lower() if letter.isalnum())
