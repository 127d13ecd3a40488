"""The bounds of what people type; each raises the `UserError` that tells which field to mend."""

from __future__ import annotations

import re

from shared_models.kernel.errors import UserError

MAX_EMAIL = 254
MAX_NAME = 200
MIN_PASSWORD, MAX_PASSWORD = 8, 256

# No more than this can be told without sending a message to it.
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def normalised_email(email: str, field: str = "email") -> str:
    """The e-mail as it is stored: lower case, no spaces around it."""
    email = email.strip().lower()
    if len(email) > MAX_EMAIL:
        raise UserError("TOO_LONG", f"An e-mail address has at most {MAX_EMAIL} characters.", [field])
    if not _EMAIL.fullmatch(email):
        raise UserError("INVALID_EMAIL", "This is not an e-mail address.", [field])
    return email


def checked_name(name: str, field: str = "name") -> str:
    """A name of a person, a company, a key: on one line, no spaces around it."""
    name = name.strip()
    if not name:
        raise UserError("REQUIRED", "A name is needed.", [field])
    if len(name) > MAX_NAME:
        raise UserError("TOO_LONG", f"A name has at most {MAX_NAME} characters.", [field])
    if _CONTROL.search(name):
        raise UserError("INVALID_NAME", "A name has no control characters.", [field])
    return name


def checked_password(password: str, field: str = "password") -> str:
    """A password that may be set."""
    if len(password) < MIN_PASSWORD:
        raise UserError("TOO_SHORT", f"A password has at least {MIN_PASSWORD} characters.", [field])
    if len(password) > MAX_PASSWORD:
        raise UserError("TOO_LONG", f"A password has at most {MAX_PASSWORD} characters.", [field])
    return password
