"""Headers that a subgraph is always sent, such as its API key."""

from __future__ import annotations

import msgspec

from router.gateway.header_rules import HOP_BY_HOP, OURS, HeaderRuleError, check_name


def read_subgraph_headers(text: str) -> dict[str, dict[str, str]]:
    """`{subgraph: {name: value}}` in JSON, names in lower case. Raises HeaderRuleError, which shows no value."""
    try:
        found = msgspec.json.decode(text or "{}", type=dict[str, dict[str, str]])
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Without the cause, which may show what is in there.
        raise HeaderRuleError("headers for subgraphs must be JSON, {subgraph: {name: value}}") from None
    return {subgraph: _checked(subgraph, headers) for subgraph, headers in found.items()}


def _checked(subgraph: str, headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        check_name(name.lower(), HOP_BY_HOP | OURS)
        if not (value.isascii() and value.isprintable()):
            raise HeaderRuleError(f"the value of {name} for {subgraph} must be printable ASCII")
    return {name.lower(): value for name, value in headers.items()}
