"""`trellis compose`: the supergraph on stdout, and nothing else; hints on stderr, also beside errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.supergraph.reading import read_supergraph
from trellis.cli import main


def listed(folder: Path, *sdl: str) -> str:
    path = folder / "subgraphs.json"
    path.write_text(json.dumps([{"name": f"s{n}", "url": "http://x", "sdl": text} for n, text in enumerate(sdl)]))
    return str(path)


def test_a_supergraph_and_hints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "--subgraphs", listed(tmp_path, "type Query { a: Int } enum E { A }")]) == 0
    out, err = capsys.readouterr()
    assert list(read_supergraph(out).subgraphs) == ["s0"]
    assert err == "UNUSED_ENUM_TYPE [s0:1:23]: E is defined, but not used\n"


def test_errors_and_hints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["compose", "--subgraphs", listed(tmp_path, "type T { a: Int } enum E { A }", "type V { a: Int }")]) == 1
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "UNUSED_ENUM_TYPE [s0:1:19]: E is defined, but not used",
        "GRAPH_REFUSED: NO_QUERIES: no subgraph defines a field of Query",
    ]
