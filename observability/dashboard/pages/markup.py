"""Building HTML in which nothing unescaped can appear by accident.

Only `Html` is markup. Plain text, numbers and whatever else becomes a child or an attribute is escaped.
"""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias, Union

_VOID = frozenset({"meta", "input"})


class Html(str):
    """Text that is markup already. Made by `element` and `join`, or from a literal of our own."""

    __slots__ = ()


Child: TypeAlias = Union[str, int, float, "Iterable[Child]", None]
Attribute: TypeAlias = str | int | float | bool | None


def text(value: Child) -> Html:
    """A child as markup: None is nothing, an iterable its items, `Html` itself, anything else escaped text."""
    if isinstance(value, Html):
        return value
    if value is None:
        return Html()
    if isinstance(value, (str, int, float)):
        return Html(escape(str(value), quote=True))
    return join(value)


def join(children: Iterable[Child]) -> Html:
    """The children one after the other."""
    return Html("".join([text(child) for child in children]))


def element(tag: str, /, *children: Child, **attributes: Attribute) -> Html:
    """`element("a", "x", href="/y", class_="z")`. True is a bare attribute; None and False leave it out.

    An underscore at the end of an attribute's name is dropped, one inside becomes a hyphen.
    """
    parts = [f"<{tag}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        parts.append(" " + key.rstrip("_").replace("_", "-"))
        if value is not True:
            parts.append(f'="{escape(str(value), quote=True)}"')
    parts.append(">")
    if tag not in _VOID:
        parts += [join(children), f"</{tag}>"]
    return Html("".join(parts))
