"""The explanation shows each stage."""

from __future__ import annotations

import pytest
from graphql import GraphQLError

from router.planning.explain import explain_stages, plan_text

from ..in_process import Federation
from ..shop import shop

SUPERGRAPH = Federation(shop()).supergraph


def test_every_stage_is_shown() -> None:
    query = """
    query($x: Boolean!) { order(id: "1") { ...F outstanding @include(if: $x) { amount } } }
    fragment F on Order { n: number }
    """
    text = explain_stages(SUPERGRAPH, query)
    normalised, chosen, fetches, plan = (part.strip() for part in text.split("\n\n#"))
    assert 'order(id: "1")\n  n: number\n  outstanding if $x\n    amount' in normalised
    assert "outstanding hop to billing by { id total { amount currency } }" in chosen
    assert "2: billing at order after 1 {... on Order{outstanding @include(if: $x){amount}}}" in fetches
    assert plan_text(SUPERGRAPH, query).strip() in plan
    assert "2: billing after 1\n  entities at order if $x" in plan


@pytest.mark.parametrize("text", ["{ nobody }", "query A { me { id } } query B { me { id } }"])
def test_what_cannot_be_explained(text: str) -> None:
    with pytest.raises(GraphQLError):
        plan_text(SUPERGRAPH, text)
