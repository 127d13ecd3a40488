"""The supergraph at an http(s) address, as registries and object stores serve it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from multidict import CIMultiDictProxy
from yarl import URL

from router.server.sources.pace import Pace
from router.server.sources.source import Look, Unavailable, Unchanged, as_written

_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A sign-in or an error page may come with status 200.
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


class AddressError(Exception):
    """The address did not give a supergraph; the message is safe to show: no address, no header, no body is in it."""


@dataclass(frozen=True, slots=True)
class AddressLimits:
    """Seconds that the address has to answer, redirects included, and bytes that the answer may have."""

    timeout: float
    most_bytes: int


class AddressSource:
    """A supergraph SDL that is asked for again and again; an address that knows validators answers 304 meanwhile.

    It need not answer when the router starts: it is waited for without an end, as subgraphs are. `headers`, which
    are secrets, go to the address itself and never to another origin that it redirects to.
    """

    is_patient = True

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        session: Callable[[], ClientSession],
        limits: AddressLimits,
        pace: Pace,
    ) -> None:
        self._url = URL(url)
        self._headers = dict(headers)
        self._session = session
        self._limits = limits
        self._pace = pace
        self._validators: dict[str, str] = {}

    async def looks(self) -> AsyncIterator[Look]:
        known: str | None = None
        while True:
            try:
                text = await self._fetch()
            except AddressError as error:
                yield Unavailable(str(error))
                await (self._pace.before_first() if known is None else self._pace.after_failure())
                continue
            yield Unchanged() if text is None or text == known else as_written(text)
            known = text if text is not None else known
            await self._pace.after_success()

    async def _fetch(self) -> str | None:
        """The text; None where it is the one that the validators stand for. Raises AddressError."""
        try:
            return await self._follow()
        except TimeoutError as error:
            raise AddressError("the supergraph's address did not answer in time") from error
        except (ClientError, OSError) as error:
            raise AddressError(f"the supergraph's address could not be reached: {type(error).__name__}") from error
        except ValueError as error:
            raise AddressError("what the supergraph's address gives is not text in UTF-8") from error

    async def _follow(self) -> str | None:
        url = self._url
        timeout = ClientTimeout(total=self._limits.timeout)
        for _ in range(_MOST_REDIRECTS + 1):
            secret = self._headers if url.origin() == self._url.origin() else {}
            async with self._session().get(
                url, headers={**secret, **self._validators}, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status not in _REDIRECTS:
                    return await self._read(response)
                url = _redirected(url, response)
        raise AddressError("the supergraph's address redirects too often")

    async def _read(self, response: ClientResponse) -> str | None:
        if response.status == 304 and self._validators:
            return None
        if response.status != 200:
            raise AddressError(f"the supergraph's address answered with status {response.status}")
        if response.content_type in _PAGES:
            raise AddressError(f"the supergraph's address answered with {response.content_type}")
        chunks, size = [], 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._limits.most_bytes:
                raise AddressError(f"the supergraph has more than {self._limits.most_bytes} bytes")
            chunks.append(chunk)
        text = b"".join(chunks).decode("utf-8")
        self._validators = _validators(response.headers)
        return text


def _validators(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    known = {"if-none-match": headers.get("etag"), "if-modified-since": headers.get("last-modified")}
    return {name: value for name, value in known.items() if value}


def _redirected(url: URL, response: ClientResponse) -> URL:
    """Where to ask next. What was asked for in private is not asked for in public."""
    try:
        target = url.join(URL(response.headers.get("location", "")))
    except ValueError as error:
        raise AddressError("the supergraph's address redirects to nowhere") from error
    if target == url or target.scheme not in ("https", url.scheme):
        raise AddressError("the supergraph's address redirects to where it is not followed")
    return target
