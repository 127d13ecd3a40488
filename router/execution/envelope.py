"""A subgraph's answer, checked as far as its envelope."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from router.execution.errors import SubrequestMalformedError

_NULL = msgspec.Raw(b"null")


class RawEnvelope(msgspec.Struct):
    """Data left as bytes, for a plan that passes them through."""

    data: msgspec.Raw = _NULL
    errors: list[object] | None = None


class Envelope(msgspec.Struct):
    """Data decoded."""

    data: dict[str, object] | None = None
    errors: list[object] | None = None


_decode_raw = msgspec.json.Decoder(RawEnvelope).decode
decode_envelope = msgspec.json.Decoder(Envelope).decode


def raw_data(body: bytes) -> msgspec.Raw | None:
    """The data of an answer that is JSON and holds nothing but data; None for every other."""
    try:
        envelope = _decode_raw(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if envelope.errors else envelope.data


def tells_errors(body: bytes) -> bool:
    """Whether the answer is a GraphQL response with errors, and not some other that has a member of this name."""
    try:
        return bool(_decode_raw(body).errors)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def read_envelope(service: str, body: bytes, decode: Callable[[bytes], Envelope] = decode_envelope) -> Envelope:
    """Raises SubrequestMalformedError where the answer is not a GraphQL response."""
    try:
        envelope = decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SubrequestMalformedError(service, "the answer is not a GraphQL response") from error
    if envelope.data is None and not envelope.errors:
        raise SubrequestMalformedError(service, "the answer holds neither data nor errors")
    return envelope
