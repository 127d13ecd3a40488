"""What clients write into `accept` and `content-type`."""

from __future__ import annotations

import pytest

from router.gateway.media_type import MediaType, negotiate, prefers_html, read_media_type

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", MediaType.JSON),
        ("*/*", MediaType.JSON),
        ("application/*", MediaType.JSON),
        ("text/*", MediaType.EVENT_STREAM),
        ("APPLICATION/JSON", MediaType.JSON),
        ("application/graphql-response+json, application/json;q=0.9", MediaType.GRAPHQL),
        ("application/graphql-response+json;q=0.1, application/json;q=0.9", MediaType.JSON),
        ("application/json;q=.5, text/event-stream;q=0.75", MediaType.EVENT_STREAM),
        # what is wanted as much: the named before the covered, then the first
        ("*/*, application/graphql-response+json", MediaType.GRAPHQL),
        ("text/event-stream, application/json", MediaType.EVENT_STREAM),
        ("application/json, text/event-stream", MediaType.JSON),
        # what is excluded stays so, whatever a wildcard lets in
        ("application/json;q=0, */*", MediaType.GRAPHQL),
        ("*/*, application/json;q=0.000", MediaType.GRAPHQL),
        ("application/*;q=0, */*;q=0.1", MediaType.EVENT_STREAM),
        ("application/*;q=0, application/json", MediaType.JSON),
        ("*/*;q=0", None),
        # the nearest range decides, not the one that wants most
        ("*/*, application/json;q=0.1, application/graphql-response+json;q=0.2", MediaType.EVENT_STREAM),
        (
            "application/json;q=0.9, application/json;charset=utf-8;q=0.1, text/event-stream;q=0.5",
            MediaType.EVENT_STREAM,
        ),
        # parameters
        ("application/json; charset=utf-8", MediaType.JSON),
        (
            'application/json;v="a,text/event-stream;q=1";q=0.1, application/graphql-response+json;q=0.2',
            MediaType.GRAPHQL,
        ),
        ('text/html;v="\\",application/json"', None),
        ('text/html;v="never closed, application/json', None),
        ("application/json ; Q=0.1 , application/graphql-response+json ; q=0.2", MediaType.GRAPHQL),
        # what is no quality is no wish
        ("application/json;q=high, application/graphql-response+json;q=0.1", MediaType.GRAPHQL),
        ("application/json;q=nan", None),
        ("application/json;q=1.5", None),
        ("image/png", None),
        (",;,", None),
    ],
)
def test_the_answer_is_what_the_client_wants_most(accept: str, expected: MediaType | None) -> None:
    assert negotiate(accept) is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("Text/HTML", True),
        ("text/html, application/json;q=0.9", True),
        ("application/json, text/html", False),
        ("text/html;q=0.9, application/json", False),
        ("text/html;q=0, */*", False),
        ("text/*", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_page_is_for_whoever_says_so(accept: str, expected: bool) -> None:
    assert prefers_html(accept) is expected


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("application/json", "application/json", {}),
        (" Application/JSON ; boundary=X;Charset=UTF-8", "application/json", {"boundary": "X", "charset": "UTF-8"}),
        ('a/b; v="x;charset=latin1"; charset="utf-8"', "a/b", {"v": "x;charset=latin1", "charset": "utf-8"}),
        ('a/b; v="\\"\\\\"', "a/b", {"v": '"\\'}),
        ("a/b; charset=utf-8; charset=latin1", "a/b", {"charset": "utf-8"}),
        ("a/b; charset", "a/b", {"charset": ""}),
        ("", "", {}),
        (";", "", {}),
    ],
)
def test_a_media_type_and_its_parameters(text: str, name: str, parameters: dict[str, str]) -> None:
    read = read_media_type(text)
    assert (read.name, dict(read.parameters)) == (name, parameters)


@pytest.mark.parametrize("part", ['"', ";", ",", "\\", '"\\', "a;", "a,", 'a="'])
def test_a_header_of_many_parts_is_read_once(part: str) -> None:
    # What goes back over what it has read would not end.
    assert negotiate(part * 100_000) is None
