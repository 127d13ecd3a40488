"""Records one span, named by the line, for each line on stdin."""

import sys

import observability

observability.setup("worker")
tracer = observability.tracer("tests")
for line in sys.stdin:
    tracer.start_span(line.strip()).end()
observability.shutdown()
