"""Stripe's form encoding: nested parameters as ``metadata[order]=1&types[0]=card&expand[]=customer``."""

from typing import Any
from urllib.parse import parse_qsl

from trellis.sandbox.stripe.errors import invalid_request

_MAX_PARAMETERS = 500
_MAX_DEPTH = 8


def decode(encoded: bytes) -> dict[str, Any]:
    """The parameters as nested dictionaries and lists of strings.

    >>> decode(b"amount=5&metadata[a b]=c&types[0]=card&types[1]=link&expand[]=x")
    {'amount': '5', 'metadata': {'a b': 'c'}, 'types': ['card', 'link'], 'expand': ['x']}

    Raises:
        ApiError: 400, the text is no form or contradicts itself (``a=1&a[b]=2``).
    """
    try:
        pairs = parse_qsl(
            encoded.decode(), keep_blank_values=True, strict_parsing=bool(encoded), max_num_fields=_MAX_PARAMETERS
        )
    except ValueError:
        raise invalid_request("The request's parameters are not a valid form.") from None
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _insert(tree, name, value)
    return {name: _lists(value) for name, value in tree.items()}


def _insert(tree: dict[str, Any], name: str, value: str) -> None:
    head, *rest = name.replace("]", "").split("[")
    path = [head, *rest]
    if len(path) > _MAX_DEPTH:
        raise invalid_request(f"Parameters are nested too deeply: {head}", param=head)
    node = tree
    for step in path[:-1]:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            raise invalid_request(f"Invalid parameter: {name}", param=name)
    # `name[]=` appends: the position is the key, as in `name[0]=`.
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise invalid_request(f"Invalid parameter: {name}", param=name)
    node[last] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(item) for key, item in value.items()}
