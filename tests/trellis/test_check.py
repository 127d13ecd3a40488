"""`trellis check` says what another graph would mean for clients, and its status tells CI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trellis.cli import main

OLD = "type Query { a(first: Int): Int b: Kind } enum Kind { X Y }"
LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible"])\n'


def check(folder: Path, old: str, new: str, *options: str) -> int:
    paths = []
    for name, text in (("old", old), ("new", new)):
        path = folder / f"{name}{'.json' if text.startswith('[') else '.graphql'}"
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return main(["check", *paths, *options])


@pytest.mark.parametrize(
    ("new", "status", "said"),
    [
        (OLD, 0, ""),
        (OLD.replace("b: Kind", "b: Kind c: Int"), 0, "SAFE FIELD_ADDED: Field Query.c was added."),
        (OLD.replace("X Y", "X Y Z"), 0, "DANGEROUS VALUE_ADDED_TO_ENUM: Enum value Kind.Z was added."),
        (OLD.replace("b: Kind", ""), 1, "BREAKING FIELD_REMOVED: Field Query.b was removed."),
        (OLD.replace("(first: Int)", "(first: Int!)"), 1, "BREAKING ARG_CHANGED_KIND"),
        (OLD.replace("X Y", "X"), 1, "BREAKING VALUE_REMOVED_FROM_ENUM"),
    ],
)
def test_changes(new: str, status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, OLD, new) == status
    assert said in capsys.readouterr().out


def test_only_what_clients_ask_for_can_break_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    operations = tmp_path / "operations"
    operations.mkdir()
    (operations / "kind.graphql").write_text("{ b }")
    without_a, without_b = OLD.replace("a(first: Int): Int", ""), OLD.replace("b: Kind", "")
    assert check(tmp_path, OLD, without_a, "--operations", str(operations)) == 0
    assert check(tmp_path, OLD, without_b, "--operations", str(operations)) == 1
    assert "kind.graphql: Cannot query field 'b' on type 'Query'." in capsys.readouterr().out


def test_what_is_hidden_is_gone_for_clients(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def subgraphs(sdl: str) -> str:
        return json.dumps([{"name": "one", "url": "http://one", "sdl": LINK + sdl}])

    old, new = "type Query { a: Int b: Int }", "type Query { a: Int b: Int @inaccessible }"
    assert check(tmp_path, subgraphs(old), subgraphs(new), "--format", "json") == 1
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["severity"], change["kind"]) == ("BREAKING", "FIELD_REMOVED")


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("type Query {", "Syntax Error"),
        ("type Query { a: Missing }", "Missing"),
        ('[{"name": "one", "url": "http://one", "sdl": "type Query { a: T } "}]', "INVALID_GRAPHQL"),
        ('[{"name": "one"}]', "url"),
    ],
)
def test_what_is_no_graph(new: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, OLD, new) == 2
    error = capsys.readouterr().err
    assert error.startswith("GRAPH_UNREADABLE")
    assert said in error
