"""`GET /.well-known/jwks.json`: the keys that verify access tokens, for whoever wants to (RFC 7517)."""

from __future__ import annotations

from litestar import Response, get
from litestar.datastructures import State

from shared_models.accounts.keyring import PublishedKey
from subgraphs.accounts.desk import desk_of

_MAX_AGE_SECONDS = 300


@get("/.well-known/jwks.json")
async def jwks(state: State) -> Response[dict[str, list[PublishedKey]]]:
    """The JWKS document. A key stands in it for hours before it signs, so an answer may be kept for minutes."""
    keys = await desk_of(state.services).ring.published()
    return Response({"keys": keys}, headers={"cache-control": f"public, max-age={_MAX_AGE_SECONDS}"})
