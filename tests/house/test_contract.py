"""The contract with clients: the supergraph is a snapshot, and what others build on does not vanish from it.

A change is shown by `git diff` after `trellis compose > tests/house/supergraph.graphql`.
"""

import subprocess
import sys
from pathlib import Path

from graphql.utilities import find_breaking_changes

from router.supergraph.reading import read_supergraph

SNAPSHOT = Path(__file__).parent / "supergraph.graphql"


def composed() -> str:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "trellis", "compose"],
        capture_output=True,
        text=True,
        check=True,
        cwd=SNAPSHOT.parents[2],
    )
    return done.stdout


def test_the_supergraph_is_the_one_that_was_agreed_on() -> None:
    now = composed()
    breaking = find_breaking_changes(read_supergraph(SNAPSHOT.read_text()).schema, read_supergraph(now).schema)
    assert not breaking, [change.description for change in breaking]
    assert now == SNAPSHOT.read_text()


def test_clients_see_nothing_of_the_federation() -> None:
    schema = read_supergraph(SNAPSHOT.read_text()).schema
    assert not [name for name in schema.type_map if name.startswith(("join__", "link__", "_Entity", "_Any"))]
    assert schema.query_type is not None
    assert not {"_entities", "_service"} & set(schema.query_type.fields)
