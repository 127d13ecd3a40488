"""Reading typed values out of request parameters, with Stripe's complaints."""

from collections.abc import Collection
from typing import Any

from trellis.sandbox.stripe.errors import ApiError, invalid_request

#: Smallest charge in minor units, as Stripe sets it; currencies without a minor unit are marked below.
MINIMUM_CHARGE = {
    **{"usd": 50, "eur": 50, "gbp": 30, "chf": 50, "aud": 50, "cad": 50, "nzd": 50, "sgd": 50, "brl": 50},
    **{"dkk": 250, "nok": 300, "sek": 300, "pln": 200, "czk": 1500, "mxn": 1000, "hkd": 400, "inr": 50, "jpy": 50},
}
_LARGEST_CHARGE = 99_999_999
_MAX_METADATA = 50

Params = dict[str, Any]


def only(params: Params, allowed: Collection[str]) -> None:
    """Raise for parameters that the endpoint does not have."""
    unknown = sorted(set(params) - set(allowed))
    if unknown:
        raise invalid_request(f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0])


def text(params: Params, name: str, allowed: Collection[str] | None = None) -> str | None:
    """A string, or None; one of ``allowed`` when that is given."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise invalid_request(f"Invalid string: {value}", param=name)
    if allowed is not None and value not in allowed:
        raise invalid_request(f"Invalid {name}: must be one of {', '.join(sorted(allowed))}", param=name)
    return value


def integer(params: Params, name: str) -> int | None:
    """A positive integer, or None."""
    value = params.get(name)
    if value is None:
        return None
    # isdecimal() also knows the digits of other scripts, and int() the length of the universe.
    if not (isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16 and int(value) > 0):
        raise invalid_request(f"Invalid positive integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def boolean(params: Params, name: str) -> bool:
    value = params.get(name, "false")
    if value not in ("true", "false"):
        raise invalid_request(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def off_session(params: Params) -> bool:
    """Whether nobody is there to authenticate the payment; the two words say how often that will be so."""
    return params.get("off_session") in ("one_off", "recurring") or boolean(params, "off_session")


def nested(params: Params, name: str) -> Params:
    value = params.get(name) or {}
    if not isinstance(value, dict):
        raise invalid_request(f"Invalid object: {name}", param=name)
    return value


def strings(params: Params, name: str) -> list[str]:
    value = params.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_request(f"Invalid array: {name}", param=name)
    return value


def metadata(params: Params) -> dict[str, str]:
    """Up to 50 pairs, names to 40 and values to 500 characters."""
    raw = params.get("metadata") or {}
    # Names that are all numbers decode to a list.
    pairs = dict(enumerate(raw)) if isinstance(raw, list) else raw
    if not isinstance(pairs, dict) or len(pairs) > _MAX_METADATA:
        raise invalid_request("Metadata holds up to 50 pairs of name and value.", param="metadata")
    result = {str(name): value for name, value in pairs.items()}
    for name, value in result.items():
        if len(name) > 40 or not isinstance(value, str) or len(value) > 500:
            raise invalid_request(
                "Metadata names have up to 40 characters, values up to 500.", param=f"metadata[{name}]"
            )
    return result


def required(params: Params, name: str) -> None:
    if params.get(name) in (None, ""):
        raise invalid_request(f"Missing required param: {name}.", code="parameter_missing", param=name)


def charge_amount(params: Params) -> tuple[int, str]:
    """``amount`` (minor units) and ``currency`` (lower case) of a new payment."""
    for name in ("amount", "currency"):
        required(params, name)
    currency = (text(params, "currency") or "").lower()
    minimum = MINIMUM_CHARGE.get(currency)
    if minimum is None:
        known = ", ".join(MINIMUM_CHARGE)
        raise invalid_request(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: {known}", param="currency"
        )
    amount = integer(params, "amount") or 0
    if amount < minimum:
        raise invalid_request(
            f"Amount must be at least {minimum} {currency} (in its smallest unit).",
            code="amount_too_small",
            param="amount",
        )
    if amount > _LARGEST_CHARGE:
        raise _too_large(f"Amount must be no more than {_LARGEST_CHARGE}.", "amount")
    return amount, currency


def part_of(params: Params, name: str, whole: int, described: str) -> int:
    """An optional amount of at most ``whole``, by default all of it."""
    amount = integer(params, name)
    if amount is None:
        return whole
    if amount > whole:
        raise _too_large(f"{described} ({amount}) is greater than what is left ({whole}).", name)
    return amount


def _too_large(message: str, param: str) -> ApiError:
    return invalid_request(message, code="amount_too_large", param=param)
