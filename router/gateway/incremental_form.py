"""In which form a client takes what comes in parts.

The one of the proposal as it stood in August 2022 (`deferSpec=20220824`) names a part by its label and path with each
result; Apollo Client, Relay and urql read it. The later one (`incrementalSpec=v0.2`, that of graphql-js 17) gives each
part an id when it is announced, and says when it is complete.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from router.gateway.media_type import MediaType, accepted_parameters

_LONGEST_KEPT = 512
_OTHER_PROTOCOLS = {"subscriptionspec", "incrementalspec"}


class IncrementalForm(StrEnum):
    """As the media type's parameter says it."""

    DEFER_2022 = "deferSpec=20220824"
    INCREMENTAL_V02 = "incrementalSpec=v0.2"


def incremental_form(accept: str) -> IncrementalForm | None:
    """What an `accept` header asks for; None for a client that takes one response."""
    if MediaType.MULTIPART.value not in accept.lower() or len(accept) > _LONGEST_KEPT:
        return None
    return _read(accept)


@lru_cache(maxsize=256)
def _read(accept: str) -> IncrementalForm | None:
    for parameters in accepted_parameters(MediaType.MULTIPART, accept):
        if parameters.get("incrementalspec") == "v0.2":
            return IncrementalForm.INCREMENTAL_V02
        if parameters.get("deferspec", "20220824") == "20220824" and not _OTHER_PROTOCOLS & parameters.keys():
            return IncrementalForm.DEFER_2022
    return None
