"""INVALID_LINK_IDENTIFIER, INVALID_LINK_DIRECTIVE_USAGE, UNKNOWN_FEDERATION_LINK_VERSION, UNKNOWN_LINK_VERSION."""

from __future__ import annotations

import pytest

from .composing import all_found, found

FEDERATION = "https://specs.apollo.dev/federation"


def linking(*links: str) -> str:
    listed = " ".join(f"@link({link})" for link in links)
    return f"extend schema {listed}\ntype Query {{ a: Int }}"


@pytest.mark.parametrize("url", ["https://specs.apollo.dev", f"{FEDERATION}/2.0", FEDERATION, f"{FEDERATION}/v2"])
def test_a_url_that_is_no_spec(url: str) -> None:
    assert found("INVALID_LINK_IDENTIFIER", a=linking(f'url: "{url}"')) == [
        f"INVALID_LINK_IDENTIFIER [a:1:15]: {url!r} is no spec: "
        "expected https://specs.apollo.dev/<name>/v<major>.<minor>"
    ]


def test_a_link_without_url() -> None:
    assert found("INVALID_LINK_IDENTIFIER", a=linking('as: "x"')) == [
        "INVALID_LINK_IDENTIFIER [a:1:15]: the link has no URL"
    ]


@pytest.mark.parametrize("url", ["file:///foo/bar", "https://example.com/spec/v1.0", "foo", f"{FEDERATION}/v2.3"])
def test_urls_of_others_look_as_they_like(url: str) -> None:
    assert all_found(a=linking(f'url: "{url}"')) == []


def test_a_spec_linked_twice() -> None:
    sdl = linking(f'url: "{FEDERATION}/v2.0"', f'url: "{FEDERATION}/v2.3", as: "fed"')
    assert all_found(a=sdl) == [f"INVALID_LINK_DIRECTIVE_USAGE [a:1:15, a:1:70]: {FEDERATION} is linked 2 times"]


@pytest.mark.parametrize(
    ("imports", "problem"),
    [
        ('["@flexibility"]', f"there is no @flexibility in {FEDERATION}/v2.0"),
        ('["@interfaceObject"]', f"there is no @interfaceObject in {FEDERATION}/v2.0"),
        ('["key"]', f"there is no key in {FEDERATION}/v2.0"),
        ("[5]", "an import is a name or {name: ..., as: ...}, not 5"),
        ('[{as: "@id"}]', "an import is a name or {name: ..., as: ...}, not {'as': '@id'}"),
        ('[{name: "@key", as: "id"}]', "@key cannot be imported as id: only directives begin with @"),
    ],
)
def test_an_import_that_is_none(imports: str, problem: str) -> None:
    sdl = linking(f'url: "{FEDERATION}/v2.0", import: {imports}')
    assert all_found(a=sdl) == [f"INVALID_LINK_DIRECTIVE_USAGE [a:1:15]: {problem}"]


def test_one_name_for_two_things() -> None:
    sdl = linking(f'url: "{FEDERATION}/v2.0", import: ["@key", {{name: "@tag", as: "@key"}}]')
    assert all_found(a=sdl) == [
        f"INVALID_LINK_DIRECTIVE_USAGE [a:1:15]: @key would mean @key of {FEDERATION} and @tag of {FEDERATION}"
    ]
    sdl = linking(f'url: "{FEDERATION}/v2.0"', 'url: "https://example.com/mine/v1.0", as: "federation"')
    assert all_found(a=sdl) == [
        "INVALID_LINK_DIRECTIVE_USAGE [a:1:15, a:1:70]: federation__ would mean "
        f"names of https://example.com/mine and names of {FEDERATION}"
    ]


def test_imports_under_other_names() -> None:
    sdl = linking(f'url: "{FEDERATION}/v2.3", as: "fed", import: [{{name: "@key", as: "@id"}}, "FieldSet"]')
    assert all_found(a=sdl + ' type T @id(fields: "id") @fed__shareable { id: ID! }') == []


def test_a_version_of_federation_that_nobody_knows() -> None:
    assert all_found(a=linking(f'url: "{FEDERATION}/v6.9", import: ["@future"]')) == [
        "UNKNOWN_FEDERATION_LINK_VERSION [a:1:15]: "
        "there is no federation v6.9, or it is newer than v2.11, the last one known here"
    ]
    assert all_found(a=linking(f'url: "{FEDERATION}/v2.11"')) == []


def test_a_version_of_a_companion_that_nobody_knows() -> None:
    assert all_found(a=linking('url: "https://specs.apollo.dev/link/v6.9"')) == [
        "UNKNOWN_LINK_VERSION [a:1:15]: there is no v6.9 of the spec link known here"
    ]
    assert all_found(a=linking('url: "https://specs.apollo.dev/link/v1.0"')) == []
