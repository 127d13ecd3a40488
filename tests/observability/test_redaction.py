from typing import Any

import pytest

from observability.redaction import REDACTED, is_sensitive, redact


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "PASSWORD",
        "new_password",
        "accessToken",
        "refresh_token",
        "Authorization",
        "http.request.header.authorization",
        "client_secret",
        "TRELLIS_SECRET",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "apikey",
        "card",
        "cardNumber",
        "set-cookie",
        "stripeApiKey",
    ],
)
def test_keys_that_are_never_shown(key: str) -> None:
    assert is_sensitive(key)


@pytest.mark.parametrize(
    "key", ["discard", "cardinality", "tokenizer", "passenger", "key", "author", "event", "secretary"]
)
def test_keys_that_only_look_alike(key: str) -> None:
    assert not is_sensitive(key)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"user": {"password": "x", "name": "n"}}, {"user": {"password": REDACTED, "name": "n"}}),
        ([{"token": 1}, {"n": (1, 2)}], [{"token": REDACTED}, {"n": [1, 2]}]),
        ({"token": None}, {"token": None}),
        ("Authorization: Bearer abcdef123456", f"Authorization: {REDACTED}"),
        ("postgresql://trellis:pa55@127.0.0.1/x", f"postgresql://{REDACTED}@127.0.0.1/x"),
        ("with sk_test_51Habcdefgh refused", f"with {REDACTED} refused"),
        ("secret whsec_abcdefghij", f"secret {REDACTED}"),
        ("held trellis_refresh_AZ6-x_8Q==", f"held {REDACTED}"),
        ("by trellis_key_AZ6-x_8Qaaaa.", f"by {REDACTED}."),
        ("a trellis_supergraph_file", "a trellis_supergraph_file"),
        ("pay pi_3Abc_secret_Xyz", f"pay {REDACTED}"),
        ("hook shpss_0123456789abcdef", f"hook {REDACTED}"),
        ("{'password_hash': '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'}", f"{{'password_hash': '{REDACTED}'}}"),
        ({"error": ValueError("no a@b.example")}, {"error": f"no {REDACTED}"}),
        ("paid by 4242 4242 4242 4242.", f"paid by {REDACTED}."),
        ("jwt eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln end", f"jwt {REDACTED} end"),
        ("5555-5555-5555-4444", REDACTED),
        ("378282246310005 amex", f"{REDACTED} amex"),
        ("owner@premium.example logged in", f"{REDACTED} logged in"),
        ("mail <a.b+c@mail.example.co.uk>", f"mail <{REDACTED}>"),
        ("at 1795219091605902593 ns", "at 1795219091605902593 ns"),
        ("id 42424242-4242-4242-4242-424242424242", "id 42424242-4242-4242-4242-424242424242"),
        ("order 01890a5d-ac96-774b-bcce-b302099a8057", "order 01890a5d-ac96-774b-bcce-b302099a8057"),
        ({"n": 4242424242424242, "ok": True}, {"n": 4242424242424242, "ok": True}),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    assert redact(value) == expected


def test_a_structure_without_end_is_cut() -> None:
    nested: dict[str, Any] = {}
    nested["self"] = nested
    assert REDACTED in str(redact(nested))
