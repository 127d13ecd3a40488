"""Who sees whom, who may do what, and what accounts tells the other domains."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from shared_models.accounts.access_tokens import issue
from shared_models.accounts.models import Tenant, User
from shared_models.kernel.ids import new_id
from shared_models.kernel.tenancy import Scope, Tier
from subgraphs.edge.services import Services
from tests.subgraphs.accounts.conftest import ADMITTED, PASSWORD, SIGN_UP, Person, codes
from tests.support.subgraph_client import SubgraphClient

INVITE = """mutation($input: InviteUserInput!) { inviteUser(input: $input) {
    user { id email roles } invitation userErrors { code field } } }"""
ACCEPT = f"mutation($input: AcceptInvitationInput!) {{ acceptInvitation(input: $input) {ADMITTED} }}"
ENTITIES = """query($r: [_Any!]!) { _entities(representations: $r) {
    ... on User { id email tenant { name } } ... on Tenant { id name } } }"""
CHANGE_TIER = "mutation($input: ChangeTierInput!) { changeTier(input: $input) { tenant { tier } userErrors { code } } }"


async def events_of(services: Services, person: Person) -> list[tuple[str, dict]]:
    async with services.database.transaction(Scope(UUID(person.tenant_id))) as session:
        rows = await session.execute(text("SELECT name, payload FROM outbox ORDER BY id"))
        return [(row.name, row.payload) for row in rows]


async def invite(owner: Person, email: str, *roles: str) -> dict:
    asked = {"email": email, "name": "Bob", "roles": list(roles)}
    return (await owner.client.data(INVITE, {"input": asked}))["inviteUser"]


async def join(app, settings, owner: Person, anyone: SubgraphClient, *roles: str) -> SubgraphClient:
    invited = await invite(owner, f"b.{owner.email}", *roles)
    accepted = await anyone.data(ACCEPT, {"input": {"invitation": invited["invitation"], "password": PASSWORD}})
    return SubgraphClient(app, "accounts", settings, token=accepted["acceptInvitation"]["accessToken"])


async def test_references_are_answered_within_the_own_tenant(sign_up):
    ann, eve = await sign_up(), await sign_up()
    representations = [
        {"__typename": "User", "id": ann.id},
        {"__typename": "User", "id": eve.id},
        {"__typename": "Tenant", "id": ann.tenant_id},
        {"__typename": "Tenant", "id": eve.tenant_id},
        {"__typename": "User", "id": "nobody"},
    ]
    entities = (await ann.client.data(ENTITIES, {"r": representations}))["_entities"]
    name = ann.payload["user"]["tenant"]["name"]
    assert entities == [
        {"id": ann.id, "email": ann.email, "tenant": {"name": name}},
        None,
        {"id": ann.tenant_id, "name": name},
        None,
        None,
    ]


async def test_references_want_a_token(anyone: SubgraphClient, sign_up):
    ann = await sign_up()
    answer = await anyone.query(ENTITIES, {"r": [{"__typename": "User", "id": ann.id}]})
    assert answer["data"] == {"_entities": [None]}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_the_database_itself_shows_one_tenant(services: Services, sign_up):
    ann, eve = await sign_up(), await sign_up()
    tables = ["tenant", "app_user", "login_session", "refresh_token", "outbox"]
    async with services.database.transaction(Scope(UUID(ann.tenant_id))) as session:
        for table in tables:
            seen = (await session.execute(text(f"SELECT DISTINCT tenant_id::text FROM {table}"))).scalars().all()
            assert seen == [ann.tenant_id], table
        stolen = text("UPDATE app_user SET name = 'Mallory' WHERE id = :id RETURNING id")
        assert (await session.execute(stolen, {"id": eve.id})).all() == []
    async with services.database.transaction(Scope(None)) as session:
        for table in tables:
            assert not (await session.execute(text(f"SELECT 1 FROM {table} WHERE tenant_id IS NOT NULL"))).all(), table


async def test_the_door_for_log_in_opens_for_one_address(services: Services, sign_up):
    ann = await sign_up()
    async with services.database.transaction(Scope(None)) as session:
        found = (await session.execute(text("SELECT * FROM find_login(:e)"), {"e": ann.email})).mappings().all()
        assert [str(row["user_id"]) for row in found] == [ann.id]
        assert not (await session.execute(text("SELECT * FROM find_login('%')"))).all()


async def test_users_are_paged_and_counted_for_staff(app, settings, anyone, sign_up):
    ann = await sign_up()
    staff = await join(app, settings, ann, anyone, "STAFF")
    document = """query($a: String) { users(first: 1, after: $a) {
        totalCount edges { cursor node { email } } pageInfo { hasNextPage endCursor } } }"""
    first = (await staff.data(document))["users"]
    assert first["totalCount"] == 2
    assert first["pageInfo"]["hasNextPage"]
    second = (await staff.data(document, {"a": first["pageInfo"]["endCursor"]}))["users"]
    assert not second["pageInfo"]["hasNextPage"]
    emails = [edge["node"]["email"] for page in (first, second) for edge in page["edges"]]
    assert emails == [ann.email, f"b.{ann.email}"]


async def test_a_forged_cursor_is_bad_input(sign_up):
    ann = await sign_up()
    for cursor in ("nonsense", "bm90LWEtdXVpZA"):
        answer = await ann.client.query("query($a: String) { users(after: $a) { totalCount } }", {"a": cursor})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_roles_are_kept(app, settings, anyone, sign_up):
    ann = await sign_up()
    auditor = await join(app, settings, ann, anyone, "AUDITOR")
    for document, variables in (
        ("{ users { totalCount } }", None),
        (CHANGE_TIER, {"input": {"tier": "PREMIUM"}}),
        (INVITE, {"input": {"email": "c@d.example", "name": "C", "roles": ["OWNER"]}}),
    ):
        answer = await auditor.query(document, variables)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"], document


async def test_nobody_is_me(anyone: SubgraphClient):
    assert await anyone.data("{ me { id } }") == {"me": None}


async def test_an_invitation_holds_once(anyone: SubgraphClient, sign_up):
    ann = await sign_up()
    invited = await invite(ann, f"b.{ann.email}", "STAFF")
    asked = {"input": {"invitation": invited["invitation"], "password": PASSWORD}}
    accepted = (await anyone.data(ACCEPT, asked))["acceptInvitation"]
    assert accepted["user"]["tenant"]["id"] == ann.tenant_id
    assert accepted["user"]["roles"] == ["STAFF"]
    assert codes((await anyone.data(ACCEPT, asked))["acceptInvitation"]) == ["INVALID_INVITATION"]


async def test_inviting_has_bounds(sign_up):
    ann, eve = await sign_up(), await sign_up()
    assert codes(await invite(ann, eve.email, "STAFF")) == ["EMAIL_TAKEN"]
    assert codes(await invite(ann, "new@x.example")) == ["REQUIRED"]
    assert codes(await invite(ann, "nonsense", "STAFF")) == ["INVALID_EMAIL"]


async def test_the_tier_changes_and_is_told_once(services: Services, anyone: SubgraphClient, sign_up):
    ann = await sign_up()
    for _ in range(2):
        changed = (await ann.client.data(CHANGE_TIER, {"input": {"tier": "PREMIUM"}}))["changeTier"]
        assert changed == {"tenant": {"tier": "PREMIUM"}, "userErrors": []}
    assert [name for name, _ in await events_of(services, ann)] == [
        "accounts.TenantCreated",
        "accounts.UserJoined",
        "accounts.UserLoggedIn",
        "accounts.TierChanged",
    ]


async def test_nothing_is_told_of_a_sign_up_that_failed(services: Services, anyone: SubgraphClient, sign_up):
    ann = await sign_up()
    before = await events_of(services, ann)
    asked = {"tenantName": "never " + ann.id, "email": ann.email, "password": PASSWORD, "name": "Eve"}
    assert codes((await anyone.data(SIGN_UP, {"input": asked}))["signUp"]) == ["EMAIL_TAKEN"]
    assert await events_of(services, ann) == before
    asked["email"] = f"other.{ann.email}"
    assert codes((await anyone.data(SIGN_UP, {"input": asked}))["signUp"]) == []  # the name was not kept either


async def test_an_api_key_is_exchanged_until_it_is_revoked(app, settings, anyone: SubgraphClient, sign_up):
    ann, eve = await sign_up(), await sign_up()
    create = 'mutation { createApiKey(input: {name: "shop"}) { apiKey { id name } secret } }'
    exchange = "mutation($i: ExchangeApiKeyInput!) { exchangeApiKey(input: $i) { accessToken userErrors { code } } }"
    revoke = "mutation($i: RevokeApiKeyInput!) { revokeApiKey(input: $i) { apiKey { revokedAt } userErrors { code } } }"
    created = (await ann.client.data(create))["createApiKey"]
    secret = {"i": {"apiKey": created["secret"]}}
    token = (await anyone.data(exchange, secret))["exchangeApiKey"]["accessToken"]
    program = SubgraphClient(app, "accounts", settings, token=token)
    assert (await program.data("{ me { id } }"))["me"]["id"] == ann.id
    key = {"i": {"id": created["apiKey"]["id"]}}
    assert codes((await eve.client.data(revoke, key))["revokeApiKey"]) == ["NOT_FOUND"]
    assert (await ann.client.data(revoke, key))["revokeApiKey"]["apiKey"]["revokedAt"]
    assert codes((await anyone.data(exchange, secret))["exchangeApiKey"]) == ["INVALID_API_KEY"]


async def test_a_token_of_a_person_who_is_gone_shows_nobody(app, settings, desk):
    key_id, private = await desk.ring.signer()
    gone = User(id=new_id(), tenant_id=new_id(), email="gone@x.example", roles=["OWNER"])
    gone.tenant = Tenant(id=gone.tenant_id, name="gone", tier=Tier.STANDARD)
    stranger = SubgraphClient(app, "accounts", settings, token=issue(key_id, private, gone, datetime.now(UTC)))
    assert await stranger.data("{ me { id } users { totalCount } }") == {"me": None, "users": {"totalCount": 0}}
