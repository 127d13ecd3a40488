"""A process that records one trace with a link, an error and a log line, prints the trace's id and ends."""

import sys

import structlog

import observability

observability.setup("subgraph.orders")
tracer = observability.tracer("tests")

with tracer.start_as_current_span("earlier") as earlier:
    link = observability.link_to(observability.trace_context())

with tracer.start_as_current_span("<script>alert(1)</script>", links=link) as root:
    root.set_attribute("html", '"><img src=x onerror=alert(2)>')
    sys.stdout.write(f"{observability.current_trace_id()}\n")
    try:
        with tracer.start_as_current_span("inner"):
            structlog.get_logger().error("order.refused", reason="</td><script>alert(3)</script>", password="hidden")
            raise ValueError("<b>bad</b>")
    except ValueError:
        pass

observability.shutdown()
