"""Keeping secrets, card numbers and e-mail addresses out of logs and error reports."""

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
    r"|\btrellis_(?:refresh|invite|key)_[\w=-]{8,}"  # refresh tokens, invitations, API keys
    r"|\b(?:pi|seti)_\w+_secret_\w+"  # what lets a browser pay
    r"|\bshp(?:at|ca|pa|ss|ua)_\w{8,}"  # Shopify's tokens and secrets
    r"|\$argon2\w{1,2}\$[^\s'\"]+"
    r"|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"  # user:password of an address
)

# The lengths bound how far the search backtracks in a long text without blanks.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CARD = re.compile(r"(?<![\w.-])\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\w-])")


@lru_cache(maxsize=2_048)
def is_sensitive(key: str) -> bool:
    """Whether values under this key are never shown: `password`, `accessToken`, `X-Api-Key` ..."""
    words = [word.lower() for word in _WORD.findall(key)]
    return not SENSITIVE_WORDS.isdisjoint(words) or any(phrase in "_".join(words) for phrase in SENSITIVE_PHRASES)


def redact_text(text: str) -> str:
    """The text without what is recognisable by its form."""
    text = _SECRET_IN_TEXT.sub(REDACTED, text)
    if "@" in text:
        text = _EMAIL.sub(REDACTED, text)
    return _CARD.sub(_hide_card, text)


def redact(value: Any, depth: int = 0) -> Any:
    """A copy of nested mappings, lists and strings without what is sensitive. Other values pass, exceptions as text."""
    if isinstance(value, BaseException):
        value = str(value)
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


def _hide_card(found: re.Match[str]) -> str:
    """Ids and times are long numbers, too; a card number's digits also satisfy Luhn's formula."""
    digits = [int(letter) for letter in reversed(found[0]) if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return REDACTED if (sum(digits[::2]) + sum(doubled)) % 10 == 0 else found[0]
