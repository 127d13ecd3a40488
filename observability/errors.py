"""Reporting unexpected exceptions: to the log always, to Sentry when `SENTRY_DSN` is set."""

from typing import TYPE_CHECKING

import structlog

from observability.redaction import redact
from observability.resource import service_name
from observability.settings import ObservabilitySettings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

log = structlog.get_logger(__name__)

_sentry_started: list[bool] = []


def start_reports(role: str, settings: ObservabilitySettings) -> None:
    """Start Sentry when a DSN is set: errors only, no traces, no personal data."""
    if not settings.sentry_dsn:
        return
    import sentry_sdk
    from sentry_sdk.integrations.otlp import OTLPIntegration

    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.sentry_environment,
        server_name=service_name(role),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        auto_enabling_integrations=False,
        # Only gives events the trace id of the current OpenTelemetry span.
        integrations=[OTLPIntegration(setup_otlp_traces_exporter=False, setup_propagator=False)],
        before_send=scrub_event,
        before_breadcrumb=lambda crumb, _: redact(crumb),
    )
    sentry_sdk.set_tag("role", role)
    _sentry_started.append(True)


def report(exception: BaseException, **tags: str | int | None) -> None:
    """Report an exception nobody expected: a log line with its stack and a Sentry event, with the same tags.

    Usual tags: `tenant`, `operation`, `job_id`. What structlog has bound to the context is added.
    """
    known = {key: value for key, value in tags.items() if value is not None}
    log.error("exception.reported", exc_info=exception, error_type=type(exception).__name__, **known)
    if not _sentry_started:
        return
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        for key, value in (structlog.contextvars.get_contextvars() | known).items():
            scope.set_tag(key, str(value))
        scope.capture_exception(exception)


def scrub_event(event: "Event", hint: "Hint") -> "Event":
    """Take secrets and personal data out of a Sentry event before it leaves the process."""
    scrubbed: Event = redact(event)
    user = scrubbed.get("user")
    if isinstance(user, dict):
        scrubbed["user"] = {"id": user["id"]} if "id" in user else {}
    request = scrubbed.get("request")
    if isinstance(request, dict):
        for key in ("data", "cookies", "env", "query_string"):
            request.pop(key, None)
    return scrubbed
