"""Tokens that only we understand."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared_models.accounts.opaque_tokens import TokenKind, mint, read


@pytest.mark.parametrize("kind", TokenKind)
def test_a_token_reads_as_what_it_is(kind: TokenKind):
    token = mint(kind, uuid4())
    assert read(kind, token.text) == token
    assert all(read(other, token.text) is None for other in TokenKind if other is not kind)


def test_no_two_tokens_are_alike_and_none_shows_its_digest():
    tenant = uuid4()
    tokens = [mint(TokenKind.REFRESH, tenant) for _ in range(100)]
    assert len({token.digest for token in tokens}) == 100
    assert all(token.digest.hex() not in token.text for token in tokens)


@pytest.mark.parametrize(
    "text", ["", "trellis_refresh_", "trellis_refresh_AAAA", "trellis_refresh_" + "!" * 64, "ü" * 50]
)
def test_nothing_else_is_a_token(text: str):
    assert read(TokenKind.REFRESH, text) is None
