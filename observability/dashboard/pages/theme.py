"""The frame of every page: style, script, and the policy that lets nothing else run."""

import base64
import hashlib
import zlib
from collections.abc import Iterable
from importlib.resources import files

from observability.dashboard.pages.markup import Child, Html, element, join

COLOURS = 12

_ASSETS = files("observability.dashboard.pages")
_STYLE = Html(_ASSETS.joinpath("theme.css").read_text("utf-8"))
_SCRIPT = Html(_ASSETS.joinpath("live.js").read_text("utf-8"))


def _digest(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src {_digest(_STYLE)}",
        f"script-src {_digest(_SCRIPT)}",
        "connect-src 'self'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def page(title: str, top: Child, *content: Child) -> Html:
    """A whole document. `top` stands in the bar at the head, next to the name."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        Html('<link rel="icon" href="data:,">'),
        element("title", f"{title} · Trellis"),
        element("style", _STYLE),
    )
    bar = element("header", element("b", element("a", "Trellis traces", href="/")), top, class_="top")
    body = element("body", bar, element("main", *content), element("script", _SCRIPT))
    return join([Html("<!doctype html>"), element("html", head, body, lang="en")])


def colours(services: Iterable[str]) -> dict[str, str]:
    """A class for each service: the same on every page, unless two services of one page would share it."""
    chosen: dict[str, str] = {}
    free = set(range(COLOURS))
    for service in sorted(services):
        wished = zlib.crc32(service.encode()) % COLOURS
        if free and wished not in free:
            wished = min(free, key=lambda number: (number - wished) % COLOURS)
        free.discard(wished)
        chosen[service] = f"c{wished}"
    return chosen


def badge(service: str, colour: str, count: int | None = None) -> Html:
    """A service's name with its colour."""
    label = short(service)
    return element(
        "span",
        element("span", class_=f"dot {colour}"),
        label if count is None else f"{label} {count}",
        class_="badge",
        title=service,
    )


def short(service: str) -> str:
    """`trellis-subgraph-orders` -> `subgraph-orders`: the prefix says nothing here."""
    return service.removeprefix("trellis-")
