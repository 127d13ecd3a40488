"""Stage: a document named by its hash instead of being sent.

Two ways, which one request cannot mix:

- *Automatic persisted queries* (Apollo's protocol): the client sends the hash alone, is told PERSISTED_QUERY_NOT_FOUND
  once, and sends hash and document. These are kept up to a number of bytes, the least used go first.
- *Trusted documents*: a manifest written when the client was built, `{hash: document}` as GraphQL Code Generator's
  client preset writes it. With `only_trusted`, no other document is run.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from router.execution.errors import FieldError
from router.gateway.context import GraphQLRequest, RequestContext
from router.gateway.errors import BadRequestError, DocumentError

_PLACE = 300
_SHA256 = re.compile("[0-9a-f]{64}")


class ManifestError(Exception):
    """The file is no manifest of documents; the message says why."""

    code = "INVALID_MANIFEST"


def read_manifest(path: Path) -> Mapping[str, str]:
    """Documents by their hash. Raises ManifestError."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: {error}") from error
    return {name.removeprefix("sha256:"): document for name, document in found.items()}


class PersistedDocuments:
    """The stage, with the documents that it knows. `most_bytes` bounds those that clients brought; 0 takes none."""

    def __init__(self, trusted: Mapping[str, str], most_bytes: int, *, only_trusted: bool) -> None:
        self._trusted = trusted
        self._trusted_texts = frozenset(trusted.values())
        self._only_trusted = only_trusted
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0

    async def __call__(self, context: RequestContext) -> None:
        """Puts the document into the request. Raises BadRequestError or DocumentError."""
        asked = context.asked
        name = _name(asked)
        if name is not None:
            asked = context.request = replace(asked, query=self._named(name, asked.query))
        if not asked.query:
            raise BadRequestError("the request has no query")
        if self._only_trusted and asked.query not in self._trusted_texts:
            raise _refused("TRUSTED_DOCUMENTS_ONLY", "only documents of the manifest are run here")

    def _named(self, name: str, query: str) -> str:
        known = self._trusted.get(name)
        if known is None and not self._only_trusted:
            known = self._kept.get(name)
        if known is not None:
            if name in self._kept:
                self._kept.move_to_end(name)
            return known
        if not query:
            raise _refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        if hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest() != name:
            raise _refused("PERSISTED_QUERY_HASH_MISMATCH", "the hash is not that of the query")
        self._keep(name, query)
        return query

    def _keep(self, name: str, query: str) -> None:
        if self._only_trusted:
            return
        self._kept[name] = query
        self._bytes += size_of(query)
        while self._bytes > self._most_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= size_of(dropped)


def size_of(document: str) -> int:
    """What a document takes that clients brought, its hash and its place included: many short ones are many."""
    return sys.getsizeof(document) + _PLACE


def _name(asked: GraphQLRequest) -> str | None:
    """The hash that the request names a document by, if it does."""
    if asked.document_id is not None:
        return asked.document_id.removeprefix("sha256:")
    extension = asked.extensions.get("persistedQuery")
    if extension is None:
        return None
    name = extension.get("sha256Hash") if isinstance(extension, Mapping) else None
    if not isinstance(extension, Mapping) or extension.get("version") != 1:
        raise _refused("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
    if not isinstance(name, str) or not _SHA256.fullmatch(name):
        raise BadRequestError("extensions.persistedQuery.sha256Hash is no SHA-256 in hexadecimal")
    return name


def _refused(code: str, message: str) -> DocumentError:
    return DocumentError([FieldError(message, code)])
