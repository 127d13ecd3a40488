"""Errors that are addressed to the person at the terminal."""

from typing import ClassVar


class OperatorError(Exception):
    """Something the operator can put right.

    The message is one line that says what is wrong and what to do. The command line prints
    ``<code>: <message>`` and exits with a status other than 0; it never prints a stack trace.
    """

    code: ClassVar[str] = "OPERATOR_ERROR"

    def __str__(self) -> str:
        return f"{self.code}: {super().__str__()}"
