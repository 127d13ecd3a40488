"""INTERFACE_KEY_NOT_ON_IMPLEMENTATION."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

SDL = """type Query {{ i: I }}
  interface I @key(fields: "id code"{resolvable}) {{ id: ID! code: ID! }}
  type T implements I {key} {{ id: ID! code: ID! }}"""


@pytest.mark.parametrize(
    "key", ["", '@key(fields: "id")', '@key(fields: "id code", resolvable: false)', '@key(fields: "id code x")']
)
def test_an_object_without_the_key_of_its_interface(key: str) -> None:
    sdl = (
        SDL.format(key=key, resolvable="")
        .replace("ID! }\n", "ID! x: Int }\n")
        .replace("code: ID! }", "code: ID! x: Int }")
    )
    assert all_found(a=fed2(sdl)) == [
        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION [a:3:15, a:4:3]: T implements I without its key 'id code'"
    ]


@pytest.mark.parametrize("key", ['@key(fields: "id code")', '@key(fields: "code id") @key(fields: "id")'])
def test_an_object_with_it(key: str) -> None:
    assert all_found(a=fed2(SDL.format(key=key, resolvable=""))) == []


def test_a_key_that_resolves_nothing() -> None:
    sdl = SDL.format(key='@key(fields: "id code", resolvable: false)', resolvable=", resolvable: false")
    assert all_found(a=fed2(sdl)) == []


def test_federation_1_ignored_it() -> None:
    assert all_found(a=SDL.format(key="", resolvable="")) == []
