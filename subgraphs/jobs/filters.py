"""Which jobs are meant: those of which all holds that is said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import strawberry

from shared_models.jobs.models import Wanted
from shared_models.kernel.errors import BadInput
from shared_models.kernel.ids import parse_id
from subgraphs.jobs.enums import JobState, Lane

_MAX_NAME = 200


@strawberry.input
class _Filter:
    """What jobs of every kind can be told by."""

    domain: str | None = None
    queue: str | None = None
    name: str | None = None
    lane: Lane | None = None
    error_code: str | None = strawberry.field(default=None, description="Of the last failure.")
    tenant_id: strawberry.ID | None = strawberry.field(default=None, description="For those who see every tenant's.")

    def _said(self) -> dict[str, Any]:
        """The fields of the domain's value. Raises `BadInput`."""
        names = {"domain": self.domain, "queue": self.queue, "name": self.name, "error_code": self.error_code}
        for name in names.values():
            if name is not None and (len(name) > _MAX_NAME or "\x00" in name):
                raise BadInput(f"Names have at most {_MAX_NAME} characters, none of them NUL.")
        tenant_id = None if self.tenant_id is None else parse_id(self.tenant_id)
        if self.tenant_id is not None and tenant_id is None:
            raise BadInput("`tenantId` is not an id.")
        return names | {"lane": self.lane, "tenant_id": tenant_id}


@strawberry.input(description="What is left out does not restrict.")
class JobFilterInput(_Filter):
    """Which jobs to list."""

    state: JobState | None = None
    since: datetime | None = strawberry.field(default=None, description="Created then or later.")

    def wanted(self) -> Wanted:
        """The domain's value. Raises `BadInput`."""
        return Wanted(state=self.state, since=_in_utc(self.since), **self._said())


@strawberry.input(description="What is left out does not restrict.")
class DeadJobFilterInput(_Filter):
    """Which dead letters."""

    since: datetime | None = strawberry.field(default=None, description="Died then or later.")

    def wanted(self) -> Wanted:
        """The domain's value. Raises `BadInput`."""
        return Wanted(state=JobState.DEAD, ended_since=_in_utc(self.since), **self._said())


def _in_utc(moment: datetime | None) -> datetime | None:
    """A time without a zone is meant as UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
