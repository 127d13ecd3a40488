"""Subgraphs named in a JSON file: what `trellis compose` and the router start from."""

from __future__ import annotations

from pathlib import Path

import msgspec


class SubgraphListError(Exception):
    """The file is no list of subgraphs; the message says why."""

    code = "INVALID_SUBGRAPH_LIST"


class ListedSubgraph(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An entry of the file. Without `sdl` the subgraph is asked for it."""

    name: str
    url: str
    sdl: str | None = None


def read_subgraph_list(path: Path) -> list[ListedSubgraph]:
    """The entries, with `sdl` read where it names a file beside the list. Raises SubgraphListError."""
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=list[ListedSubgraph])
        found = [
            msgspec.structs.replace(entry, sdl=_sdl(path.parent, entry.sdl)) if entry.sdl else entry
            for entry in entries
        ]
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SubgraphListError(f"{path}: {error}") from error
    names = [entry.name for entry in found]
    if not found or len(set(names)) != len(names):
        raise SubgraphListError(f"{path}: expected at least one subgraph, each with a name of its own")
    return found


def _sdl(folder: Path, text: str) -> str:
    return text if "{" in text else (folder / text).read_text(encoding="utf-8")
