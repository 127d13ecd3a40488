"""What the dashboard refuses. Each has a stable `code` and an HTTP status."""


class DashboardError(Exception):
    """Base of all refusals."""

    code = "INTERNAL_SERVER_ERROR"
    status = 500

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class MalformedPayloadError(DashboardError):
    """The body is not the OTLP message it claims to be."""

    code = "MALFORMED_PAYLOAD"
    status = 400

    def __init__(self, expected: str) -> None:
        super().__init__(f"the body is not a valid {expected}")


class PayloadTooLargeError(DashboardError):
    """The body, or what it decompresses to, is larger than the limit (bytes)."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")


class UnsupportedMediaTypeError(DashboardError):
    """Neither OTLP protobuf nor OTLP JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415

    def __init__(self, media_type: str) -> None:
        super().__init__(f"send application/x-protobuf or application/json, not {media_type or 'nothing'!r}")


class UnsupportedEncodingError(DashboardError):
    """A content-encoding other than gzip, deflate or identity."""

    code = "UNSUPPORTED_ENCODING"
    status = 415

    def __init__(self, encoding: str) -> None:
        super().__init__(f"the content-encoding may be gzip, deflate or identity, not {encoding!r}")


class BadFilterError(DashboardError):
    """A query parameter that cannot be read."""

    code = "BAD_USER_INPUT"
    status = 400

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(f"{name} must be {wanted}")


class TraceNotFoundError(DashboardError):
    """No span of this trace is in the store (never arrived, or evicted)."""

    code = "TRACE_NOT_FOUND"
    status = 404

    def __init__(self, trace_id: str) -> None:
        super().__init__(f"no trace {trace_id}")
