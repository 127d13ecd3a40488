"""What a request passes before it is read: is it after a page, where does it come from, who may read the answer."""

from __future__ import annotations

from router.server.asgi import App, Receive, Scope, Send
from router.server.cors import Cors, CorsPolicy
from router.server.cross_site import CrossSiteGuard, WebSocketGuard
from router.server.graphiql.page import GraphiqlPage
from router.server.origins import AllowedOrigins
from router.settings import RouterSettings


def guarded(http: App, websocket: App, settings: RouterSettings) -> App:
    """Both as one application, behind what the settings ask for. Raises OriginSettingsError."""
    origins = AllowedOrigins(settings.cors_origins())
    proofs = settings.csrf_headers()
    if settings.router_csrf_prevention:
        http = CrossSiteGuard(http, origins, proofs)
    policy = CorsPolicy(
        origins,
        credentials=settings.router_cors_credentials,
        names=settings.cors_headers() | proofs,
        exposed=settings.cors_exposed_headers(),
        max_age=settings.router_cors_max_age,
    )
    if origins:
        http = Cors(http, policy)
    if settings.router_graphiql:
        http = GraphiqlPage(http)
    websocket = WebSocketGuard(websocket, origins)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await (websocket if scope["type"] == "websocket" else http)(scope, receive, send)

    return serve
