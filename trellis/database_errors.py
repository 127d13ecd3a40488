"""What the operator reads when a command's database does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import psycopg
import sqlalchemy.exc

from trellis.errors import OperatorError


class DatabaseUnreachableError(OperatorError):
    """The database does not answer, or does not let us in."""

    code: ClassVar[str] = "DATABASE_UNREACHABLE"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; is the platform up? Start it with `trellis up`, or check TRELLIS_DATABASE_URL")


@contextmanager
def database_must_answer() -> Iterator[None]:
    """Within the block, a connection that fails is a `DatabaseUnreachableError` of one line."""
    try:
        yield
    except sqlalchemy.exc.OperationalError as error:
        raise DatabaseUnreachableError(_first_line(error.orig or error)) from None
    except psycopg.OperationalError as error:
        raise DatabaseUnreachableError(_first_line(error)) from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
