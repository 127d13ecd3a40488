"""EXTERNAL_ON_INTERFACE, INVALID_SHAREABLE_USAGE, OVERRIDE_ON_INTERFACE."""

from __future__ import annotations

from .composing import all_found, fed2, found

INTERFACE = """type Query {{ i: I }}
  interface I {{ x: Int {directive} }}
  type T implements I {{ x: Int @shareable }}"""


def test_what_only_objects_can_have() -> None:
    for code, directive, so in [
        ("EXTERNAL_ON_INTERFACE", "@external", "it cannot be @external"),
        ("INVALID_SHAREABLE_USAGE", "@shareable", "it cannot be @shareable"),
        ("OVERRIDE_ON_INTERFACE", '@override(from: "b")', "it cannot be taken over"),
    ]:
        sdl = fed2(INTERFACE.format(directive=directive))
        assert found(code, a=sdl) == [f"{code} [a:3:24]: I.x is a field of an interface, so {so}"]


def test_interfaces_without() -> None:
    assert all_found(a=fed2(INTERFACE.format(directive=""))) == []


def test_federation_1_ignored_external() -> None:
    assert all_found(a=INTERFACE.format(directive="@external").replace("@shareable", "")) == []
