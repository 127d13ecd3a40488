"""Paths through data that are being put together: walked once, and again where something may have come."""

from __future__ import annotations

from operator import itemgetter

from router.execution.places import Places
from router.execution.representations import JsonObject
from router.planning.fetch_graph import TypeIs


def item(key: str, **more: object) -> JsonObject:
    return {"id": key, **more}


def test_lists_are_flattened_and_nulls_left_out() -> None:
    first, second = item("1"), item("2")
    places = Places({"rows": [[first], None, [second, None]]}, {})
    assert places.at(("rows",)) == [first, second]


def test_equal_objects_of_fields_become_one() -> None:
    data: JsonObject = {"rows": [{"item": item("1")}, {"item": item("1")}, {"item": item("2")}]}
    places = Places(data, {("rows", "item"): itemgetter("id")})
    assert len(places.at(("rows", "item"))) == 2
    one, other, _ = places.at(("rows",))
    assert one["item"] is other["item"]


def test_objects_of_the_same_entity_that_differ_stay_apart() -> None:
    data: JsonObject = {"rows": [{"item": item("1", name="a")}, {"item": item("1", name="b")}]}
    places = Places(data, {("rows", "item"): itemgetter("id")})
    assert [found["name"] for found in places.at(("rows", "item"))] == ["a", "b"]


def test_on_the_way_to_a_path_equal_objects_above_it_become_one() -> None:
    data: JsonObject = {"rows": [{"item": item("1", parts=[{"n": 1}])}, {"item": item("1", parts=[{"n": 1}])}]}
    places = Places(data, {("rows", "item"): itemgetter("id")})
    assert places.at(("rows", "item", "parts")) == [{"n": 1}]


def test_what_came_below_a_path_is_found_once_it_is_forgotten() -> None:
    row: JsonObject = {}
    places = Places({"rows": [row]}, {})
    assert places.at(("rows", "item")) == []
    row["item"] = item("1")
    assert places.at(("rows", "item")) == []
    places.forget_below(("rows",))
    assert places.at(("rows", "item")) == [item("1")]


def test_types_may_become_known_later() -> None:
    row = item("1")
    places = Places({"rows": [row]}, {})
    path = ("rows", TypeIs(("Song",)))
    assert places.at(path) == []
    row["__typename"] = "Song"
    assert places.at(path) == [row]
