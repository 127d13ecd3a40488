"""Logging in, staying in, and being kept out."""

from __future__ import annotations

import asyncio

import jwt
import pytest
from sqlalchemy import text

from shared_models.accounts import throttle
from shared_models.accounts.authentication import Authentication
from shared_models.accounts.passwords import Passwords
from shared_models.kernel.errors import UserError
from shared_models.kernel.ids import new_id
from shared_models.kernel.tenancy import Scope
from subgraphs.accounts.desk import Desk
from subgraphs.edge.services import Services
from tests.subgraphs.accounts.conftest import LOG_IN, PASSWORD, REFRESH, SIGN_UP, codes
from tests.support.subgraph_client import SubgraphClient


async def log_in(client: SubgraphClient, email: str, password: str = PASSWORD) -> dict:
    return (await client.data(LOG_IN, {"input": {"email": email, "password": password}}))["logIn"]


async def test_the_right_password_lets_in(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    payload = await log_in(anyone, f"  {person.email.upper()} ")
    assert codes(payload) == []
    assert payload["user"] == person.payload["user"]
    assert payload["user"]["roles"] == ["OWNER"]
    assert payload["user"]["tenant"]["tier"] == "STANDARD"


async def test_the_access_token_says_who_asks_for_a_quarter_of_an_hour(sign_up):
    person = await sign_up()
    token = person.payload["accessToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["tid"]) == (person.id, person.tenant_id)
    assert (claims["tier"], claims["roles"], claims["email"]) == ("STANDARD", ["OWNER"], person.email)
    assert (claims["iss"], claims["aud"]) == ("trellis", "trellis")
    assert claims["exp"] - claims["iat"] == 900
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    assert (await person.client.data("{ me { id } }"))["me"]["id"] == person.id


async def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    wrong = await log_in(anyone, person.email, "something else")
    unknown = await log_in(anyone, f"{new_id()}@nobody.example")
    assert wrong == unknown
    assert codes(wrong) == ["INVALID_CREDENTIALS"]
    assert (wrong["accessToken"], wrong["refreshToken"], wrong["user"]) == (None, None, None)


class CountingPasswords(Passwords):
    """Counts what goes through argon2."""

    def __init__(self) -> None:
        super().__init__()
        self.verified: list[bool] = []

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        self.verified.append(stored is not None)
        return await super().verify(password, stored)


async def test_argon2_runs_for_an_unknown_person_too(services: Services, desk: Desk, sign_up):
    person = await sign_up()
    passwords = CountingPasswords()
    authentication = Authentication(services.database, passwords, desk.ring)
    for email in (person.email, f"{new_id()}@nobody.example"):
        with pytest.raises(UserError, match="not right"):
            await authentication.log_in(email, "something else", None)
    passwords.close()
    assert passwords.verified == [True, False]


async def test_nobodys_hash_costs_as_much_as_somebodys():
    passwords = Passwords()
    somebodys = await passwords.hash("x" * 10)
    assert somebodys.rsplit("$", 2)[0] == passwords._nobodys.rsplit("$", 2)[0]
    assert somebodys.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    passwords.close()


@pytest.mark.parametrize("email", ["", "x" * 300, "a\x00b@c.example", "'; DROP TABLE app_user; --"])
async def test_what_can_be_no_account_is_refused_like_any_other(anyone: SubgraphClient, email: str):
    assert codes(await log_in(anyone, email)) == ["INVALID_CREDENTIALS"]


async def test_a_password_of_a_megabyte_is_not_hashed(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    assert codes(await log_in(anyone, person.email, "x" * 1_000_000)) == ["INVALID_CREDENTIALS"]


async def test_ten_failures_close_an_account_for_everybody(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    for _ in range(throttle.MAX_FAILURES):
        assert codes(await log_in(anyone, person.email, "wrong")) == ["INVALID_CREDENTIALS"]
    assert codes(await log_in(anyone, person.email)) == ["TOO_MANY_ATTEMPTS"]
    assert codes(await log_in(anyone, (await sign_up()).email)) == []


async def test_unknown_accounts_close_alike(anyone: SubgraphClient):
    email = f"{new_id()}@nobody.example"
    answers = [codes(await log_in(anyone, email)) for _ in range(throttle.MAX_FAILURES + 1)]
    assert answers == [["INVALID_CREDENTIALS"]] * throttle.MAX_FAILURES + [["TOO_MANY_ATTEMPTS"]]


async def test_failures_leave_the_window(services: Services, anyone: SubgraphClient, sign_up):
    person = await sign_up()
    for _ in range(throttle.MAX_FAILURES):
        await log_in(anyone, person.email, "wrong")
    subject = throttle.Subjects.of(person.email, None).account
    async with services.database.transaction(Scope(None)) as session:
        await session.execute(text("DELETE FROM login_failure WHERE subject = :s"), {"s": subject})
        await session.execute(
            text("""
                INSERT INTO login_failure (subject, failed_at)
                SELECT :s, now() - interval '16 min' FROM generate_series(1, 10)
            """),
            {"s": subject},
        )
    assert codes(await log_in(anyone, person.email)) == []


async def test_being_let_in_forgives_what_was_before(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    for _ in range(2):
        for _ in range(throttle.MAX_FAILURES - 1):
            await log_in(anyone, person.email, "wrong")
        assert codes(await log_in(anyone, person.email)) == []


async def test_an_address_that_guesses_is_closed_for_every_account(desk: Desk, sign_up):
    person, address = await sign_up(), str(new_id())

    async def guess() -> None:
        with pytest.raises(UserError, match="not right"):
            await desk.authentication.log_in(f"{new_id()}@nobody.example", "guess", address)

    for _ in range(throttle.MAX_FAILURES):
        await guess()
    # An office of people who mistype is no guesser yet.
    assert (await desk.authentication.log_in(person.email, PASSWORD, address)).access_token
    for _ in range(throttle.MAX_FAILURES_FROM_ADDRESS - throttle.MAX_FAILURES):
        await guess()
    with pytest.raises(UserError) as refused:
        await desk.authentication.log_in(person.email, PASSWORD, address)
    assert refused.value.code == "TOO_MANY_ATTEMPTS"
    assert (await desk.authentication.log_in(person.email, PASSWORD, "elsewhere")).access_token


async def test_many_guesses_at_once_are_no_more_than_ten(desk: Desk, sign_up):
    person = await sign_up()

    async def guess(password: str) -> str:
        try:
            await desk.authentication.log_in(person.email, password, None)
        except UserError as error:
            return error.code
        return "IN"

    answers = await asyncio.gather(*(guess("wrong") for _ in range(30)), guess(PASSWORD))
    assert answers[-1] == "TOO_MANY_ATTEMPTS"
    assert "TOO_MANY_ATTEMPTS" in answers[:-1]


async def test_many_who_know_the_password_are_let_in_at_once(desk: Desk, sign_up):
    person = await sign_up()
    admitted = await asyncio.gather(*(desk.authentication.log_in(person.email, PASSWORD, "office") for _ in range(25)))
    assert len({one.refresh_token for one in admitted}) == 25


async def refresh(client: SubgraphClient, token: str) -> dict:
    return (await client.data(REFRESH, {"input": {"refreshToken": token}}))["refreshSession"]


async def test_a_refresh_token_is_exchanged_for_the_next(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    first = await refresh(anyone, person.refresh_token)
    assert first["user"] == person.payload["user"]
    assert first["accessToken"]
    second = await refresh(anyone, first["refreshToken"])
    assert len({person.refresh_token, first["refreshToken"], second["refreshToken"]}) == 3


async def test_a_refresh_token_that_comes_twice_ends_the_whole_session(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    newest = await refresh(anyone, person.refresh_token)
    assert codes(await refresh(anyone, person.refresh_token)) == ["INVALID_REFRESH_TOKEN"]
    assert codes(await refresh(anyone, newest["refreshToken"])) == ["INVALID_REFRESH_TOKEN"]
    assert codes(await log_in(anyone, person.email)) == []


async def test_of_two_at_once_one_is_let_in(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    answers = await asyncio.gather(*(refresh(anyone, person.refresh_token) for _ in range(2)))
    assert sorted(map(codes, answers)) == [[], ["INVALID_REFRESH_TOKEN"]]


@pytest.mark.parametrize(
    "token", ["", "trellis_refresh_", "trellis_refresh_ÄÖÜ", "x" * 10_000, "trellis_refresh_" + "A" * 64]
)
async def test_what_is_no_refresh_token_is_refused(anyone: SubgraphClient, token: str):
    payload = await refresh(anyone, token)
    assert codes(payload) == ["INVALID_REFRESH_TOKEN"]
    assert payload["accessToken"] is None


async def test_after_logging_out_the_session_is_over(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    document = "mutation($input: LogOutInput!) { logOut(input: $input) { loggedOut userErrors { code } } }"
    variables = {"input": {"refreshToken": person.refresh_token}}
    assert (await anyone.data(document, variables))["logOut"] == {"loggedOut": True, "userErrors": []}
    assert codes(await refresh(anyone, person.refresh_token)) == ["INVALID_REFRESH_TOKEN"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"email": "no address"}, "INVALID_EMAIL", "email"),
        ({"email": "a@" + "b" * 300 + ".example"}, "TOO_LONG", "email"),
        ({"email": "a\x00@b.example"}, "INVALID_EMAIL", "email"),
        ({"password": "short"}, "TOO_SHORT", "password"),
        ({"password": "x" * 257}, "TOO_LONG", "password"),
        ({"name": " "}, "REQUIRED", "name"),
        ({"name": "x" * 201}, "TOO_LONG", "name"),
        ({"name": "a\x00b"}, "INVALID_NAME", "name"),
        ({"tenantName": "x" * 201}, "TOO_LONG", "tenantName"),
    ],
)
async def test_signing_up_has_bounds(anyone: SubgraphClient, change: dict, code: str, field: str):
    unique = str(new_id())
    good = {"tenantName": unique, "email": f"{unique}@x.example", "password": PASSWORD, "name": "Ann"}
    payload = (await anyone.data(SIGN_UP, {"input": good | change}))["signUp"]
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == (code, [field])
    assert payload["user"] is None


@pytest.mark.parametrize("letter", ["İ", "Σ", "ẞ", "Å", "\U0001e900", "\ua7cb"])
async def test_an_address_of_any_script_is_an_address(anyone: SubgraphClient, letter: str):
    unique = str(new_id())
    asked = {"tenantName": unique, "email": f"{unique}{letter}@x.example", "password": PASSWORD, "name": letter}
    assert codes((await anyone.data(SIGN_UP, {"input": asked}))["signUp"]) == []
    assert codes(await log_in(anyone, asked["email"])) == []


async def test_names_and_addresses_are_given_once(anyone: SubgraphClient, sign_up):
    person = await sign_up()
    tenant = person.payload["user"]["tenant"]["name"]
    asked = {"tenantName": str(new_id()), "email": person.email.upper(), "password": PASSWORD, "name": "Bob"}
    assert codes((await anyone.data(SIGN_UP, {"input": asked}))["signUp"]) == ["EMAIL_TAKEN"]
    asked |= {"tenantName": tenant.upper(), "email": f"{new_id()}@x.example"}
    assert codes((await anyone.data(SIGN_UP, {"input": asked}))["signUp"]) == ["TENANT_NAME_TAKEN"]
    assert codes(await log_in(anyone, asked["email"])) == ["INVALID_CREDENTIALS"]
