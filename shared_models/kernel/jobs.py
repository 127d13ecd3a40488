"""Jobs: work that a domain owes. Declared as a type, enqueued in the transaction that causes it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

import msgspec

from shared_models.kernel.errors import TrellisError
from shared_models.kernel.tenancy import Lane

#: What an index of the database takes as a key: neither nothing, nor what is too long for it, nor what is no text.
Key = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00\ud800-\udfff]+$")]


class Concurrency(msgspec.Struct, frozen=True):
    """Of the jobs with this key, at most `limit` are in flight."""

    key: Key
    limit: Annotated[int, msgspec.Meta(ge=1, le=2**15 - 1)]


class Rate(msgspec.Struct, frozen=True):
    """Of the jobs with this key, at most `limit` start in any `seconds`."""

    key: Key
    limit: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    seconds: Annotated[float, msgspec.Meta(gt=0, le=366 * 86_400)]


class Retry(msgspec.Struct, frozen=True):
    """When a failed job is tried again: after `base` seconds, doubled each time up to `longest`, with jitter.

    `by_error` says otherwise for exceptions of a type or its subtypes: another policy, or None, never.
    """

    base: float = 0.5
    longest: float = 600.0
    by_error: Mapping[type[Exception], Retry | None] = MappingProxyType({})

    def for_error(self, error: Exception) -> Retry | None:
        """The policy for an error, that of the nearest type; None where it is not to be tried again."""
        for kind in type(error).__mro__:
            if kind in self.by_error:
                return self.by_error[kind]
        return self


class Keys(msgspec.Struct, frozen=True):
    """By what a job is told from others, and held back behind them.

    `unique`: of equal ones one waits or runs, a second is the first. `ordering`: those of one key run one after the
    other, in the order in which they were enqueued. All keys are the tenant's own.
    """

    unique: Key | None = None
    ordering: Key | None = None
    concurrency: Concurrency | None = None
    rate: Rate | None = None


NO_KEYS = Keys()


class Job(msgspec.Struct, frozen=True):
    """Base of every job; its fields are the arguments.

    The name on the wire is `<domain>.<ClassName>`. `lane` None: that of whoever enqueues it. `queue` is what can be
    paused. An attempt that takes longer than `time_limit` seconds (None: the worker's own limit) is broken off.
    """

    domain: ClassVar[str]
    queue: ClassVar[str] = "default"
    lane: ClassVar[Lane | None] = None
    max_attempts: ClassVar[int] = 12
    retry: ClassVar[Retry] = Retry()
    time_limit: ClassVar[float | None] = None

    @classmethod
    def name(cls) -> str:
        """The name under which its actor is found, such as `orders.ImportInvoice`."""
        return f"{cls.domain}.{cls.__name__}"

    def keys(self) -> Keys:
        """Its keys; a job that has any overrides this."""
        return NO_KEYS


class InvalidJob(TrellisError):
    """A job was enqueued, or an event emitted, whose fields or keys cannot be stored, or are not what it declares."""

    code = "JOB_INVALID"


class JobTooLarge(TrellisError):
    """A job or event was written whose payload is larger than the mesh carries: give it an id, not the data."""

    code = "JOB_TOO_LARGE"
