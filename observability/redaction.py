"""Keeping secrets and card numbers out of logs and error reports."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

REDACTED = "[redacted]"
MAX_DEPTH = 8

SENSITIVE_WORDS = frozenset(
    {
        "authorization",
        "card",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "cvc",
        "cvv",
        "dsn",
        "iban",
        "jwt",
    }
    | {"pan", "passphrase", "passwd", "password", "passwords", "pwd", "secret", "secrets", "token", "tokens"}
)
SENSITIVE_PHRASES = ("api_key", "apikey", "private_key", "signing_key", "set_cookie")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_IN_TEXT = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JWT
    r"|\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}"
    r"|\b(?:sk|rk|pk|whsec)_(?:(?:test|live)_)?\w{8,}"  # Stripe keys and webhook secrets
    r"|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"  # user:password of an address
    r"|\b(?:\d{4}[ -]?){3}\d{1,7}\b"  # a card number
)


@lru_cache(maxsize=2_048)
def is_sensitive(key: str) -> bool:
    """Whether values under this key are never shown: `password`, `accessToken`, `X-Api-Key` ..."""
    words = [word.lower() for word in _WORD.findall(key)]
    return not SENSITIVE_WORDS.isdisjoint(words) or any(phrase in "_".join(words) for phrase in SENSITIVE_PHRASES)


def redact_text(text: str) -> str:
    """The text without the secrets that are recognisable by their form."""
    return _SECRET_IN_TEXT.sub(REDACTED, text)


def redact(value: Any, depth: int = 0) -> Any:
    """A copy of nested mappings, lists and strings without what is sensitive. Other values pass."""
    if isinstance(value, str):
        return redact_text(value) if len(value) > 8 else value
    if depth >= MAX_DEPTH:
        return REDACTED if isinstance(value, (Mapping, list, tuple)) else value
    if isinstance(value, Mapping):
        return {
            key: REDACTED
            if isinstance(key, str) and is_sensitive(key) and item is not None
            else redact(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact(item, depth + 1) for item in value]
    return value
