"""The canonical form and the walk along the chain, without a database."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_models.audit.chain import GENESIS, START, ChainWalk, Head, Link, canonical, digest

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
links = st.builds(
    Link,
    tenant_id=st.uuids(),
    sequence=st.integers(1, 2**62),
    id=st.uuids(),
    at=moments,
    occurred_at=moments,
    actor_id=st.none() | st.uuids(),
    action=texts,
    subject_type=st.none() | st.sampled_from(["Order", "User"]),
    subject_id=st.none() | st.uuids(),
    data=st.dictionaries(texts, values, max_size=4),
    event_id=st.uuids(),
    trace_id=st.none() | texts,
    previous_hash=hashes,
)


def independently(link: Link) -> bytes:
    """The documented form, written by the standard library."""

    def spelled(value: object) -> object:
        if isinstance(value, datetime):
            return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        return str(value) if isinstance(value, UUID) else value

    fields = {name: spelled(getattr(link, name)) for name in Link.__struct_fields__}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(links)
def test_the_form_is_the_documented_one(link: Link) -> None:
    assert canonical(link) == independently(link)
    assert digest(link) == hashlib.sha256(independently(link)).hexdigest()


@given(links, st.randoms(use_true_random=False))
def test_neither_the_order_of_keys_nor_the_zone_of_times_matters(link: Link, random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(key, shuffled(item)) for key, item in value.items()]
            random.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    elsewhere = link.at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    same = msgspec.structs.replace(link, data=shuffled(link.data), at=elsewhere)
    assert digest(same) == digest(link)


@given(links, links)
def test_any_other_field_is_another_hash(one: Link, other: Link) -> None:
    for field in Link.__struct_fields__:
        changed = msgspec.structs.replace(one, **{field: getattr(other, field)})
        if canonical(changed) != canonical(one):
            assert digest(changed) != digest(one)
        else:
            assert getattr(one, field) == getattr(other, field)


def chain(length: int) -> list[tuple[Link, str]]:
    made: list[tuple[Link, str]] = []
    moment, some = datetime(2026, 11, 20, tzinfo=UTC), UUID(int=7)
    for sequence in range(1, length + 1):
        previous = made[-1][1] if made else GENESIS
        link = Link(some, sequence, some, moment, moment, None, "a", None, None, {}, some, None, previous)
        made.append((link, digest(link)))
    return made


def walked(links: list[tuple[Link, str]], head: Head, head_after: Head | None = None) -> tuple[int | None, int]:
    walk = ChainWalk(head)
    if walk.follow(links):
        walk.end(head_after or head)
    return walk.first_broken, walk.entries


WHOLE = chain(5)
HEAD = Head(5, WHOLE[-1][1])


def test_a_whole_chain_verifies() -> None:
    assert walked(WHOLE, HEAD) == (None, 5)
    assert walked([], START) == (None, 0)


def test_entries_that_were_appended_meanwhile_are_no_break() -> None:
    assert walked(WHOLE, Head(3, WHOLE[2][1]), HEAD) == (None, 5)


@pytest.mark.parametrize(
    ("links", "head", "broken"),
    [
        (WHOLE[1:], HEAD, 1),
        (WHOLE[:2] + WHOLE[3:], HEAD, 3),
        (WHOLE[:4], HEAD, 5),
        ([], HEAD, 1),
        (WHOLE, Head(4, WHOLE[3][1]), 5),
        (WHOLE, START, 1),
        (WHOLE, Head(5, WHOLE[3][1]), 5),
        ([*WHOLE[:2], (WHOLE[2][0], WHOLE[1][1]), *WHOLE[3:]], HEAD, 3),
        ([WHOLE[0], *WHOLE[2:3], *WHOLE[1:]], HEAD, 2),
    ],
    ids=[
        "first removed",
        "one removed",
        "tail removed",
        "all removed",
        "one slipped in behind the head",
        "head removed",
        "head replaced",
        "hash replaced",
        "order changed",
    ],
)
def test_where_a_chain_first_breaks(links: list[tuple[Link, str]], head: Head, broken: int) -> None:
    assert walked(links, head) == (broken, broken - 1)
