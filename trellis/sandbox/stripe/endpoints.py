"""Stripe's endpoints over the store: which request does what."""

import re
from collections.abc import Callable
from typing import Any

from trellis.sandbox.stripe import params, payment_intents, refunds
from trellis.sandbox.stripe.errors import ApiError, invalid_request, missing
from trellis.sandbox.stripe.events import new_event
from trellis.sandbox.stripe.params import Params
from trellis.sandbox.stripe.payment_intents import Outcome
from trellis.sandbox.stripe.store import Store

Body = dict[str, Any]
Publish = Callable[[Body], None]

_COLLECTIONS = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "events": "event",
}
_DEFAULT_PAGE, _LARGEST_PAGE = 10, 100
_FILTERS = {"refund": ("payment_intent", "charge"), "charge": ("payment_intent",), "event": ("type",)}
_PATH = re.compile(r"/v1/(?P<collection>\w+)(/(?P<id>\w+)(/(?P<action>\w+))?)?")


class Endpoints:
    """Runs one request inside the caller's transaction. ``publish`` gets every event."""

    def __init__(self, store: Store, publish: Publish) -> None:
        self._store = store
        self._publish = publish

    def post(self, path: str, given: Params, version: str, now: int) -> Body:
        """The object that a POST in an API version makes or changes.

        Raises:
            ApiError: a refusal; one that ``keeps_effects`` must be committed.
        """
        kind, identifier, action = _resolve("POST", path)
        if kind == "refund" and identifier is None:
            return self._refund(given, now)
        if kind != "payment_intent":
            raise _unknown("POST", path)
        if identifier is None:
            outcome = payment_intents.create(given, version, now)
        else:
            outcome = self._intent_action(path, identifier, action, given, now)
        self._record(outcome, now)
        if outcome.refusal is not None:
            raise outcome.refusal
        return self._expanded(outcome.intent, given)

    def get(self, path: str, given: Params) -> Body:
        """An object or a page of objects."""
        kind, identifier, action = _resolve("GET", path)
        if action is not None:
            raise _unknown("GET", path)
        if identifier is not None:
            return self._expanded(self._existing(kind, identifier), given)
        return self._page(path, kind, given)

    def _intent_action(self, path: str, identifier: str, action: str | None, given: Params, now: int) -> Outcome:
        intent = self._existing("payment_intent", identifier)
        charge = self._store.get("charge", intent["latest_charge"] or "")
        match action:
            case "confirm":
                return payment_intents.confirm(intent, given, now)
            case "cancel":
                return payment_intents.cancel(intent, charge, given, now)
            case "capture":
                return payment_intents.capture(intent, charge, given)
            case _:
                raise _unknown("POST", path)

    def _refund(self, given: Params, now: int) -> Body:
        params.only(given, refunds.PARAMETERS)
        refund, events = refunds.create(charge := self._charge_to_refund(given), given, now)
        self._store.put(refund, parent=charge["payment_intent"])
        self._store.put(charge)
        self._tell(events, now)
        return refund

    def _charge_to_refund(self, given: Params) -> Body:
        charge_id, intent_id = params.text(given, "charge"), params.text(given, "payment_intent")
        if charge_id is not None:
            return self._existing("charge", charge_id, param="charge")
        if intent_id is None:
            raise invalid_request(
                "One of the following params should be provided for this request: payment_intent or charge."
            )
        intent = self._existing("payment_intent", intent_id, param="payment_intent")
        if intent["status"] != "succeeded":
            raise invalid_request(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        return self._existing("charge", intent["latest_charge"])

    def _record(self, outcome: Outcome, now: int) -> None:
        self._store.put(outcome.intent)
        if outcome.charge is not None:
            self._store.put(outcome.charge, parent=outcome.intent["id"])
        self._tell(outcome.events, now)

    def _tell(self, events: list[tuple[str, Body]], now: int) -> None:
        for kind, subject in events:
            event = new_event(kind, subject, now)
            self._store.put(event, parent=subject["id"])
            self._publish(event)

    def _existing(self, kind: str, identifier: str, param: str = "id") -> Body:
        found = self._store.get(kind, identifier)
        if found is None:
            raise missing(kind, identifier, param)
        return found

    def _expanded(self, body: Body, given: Params) -> Body:
        """``expand[]=latest_charge``; other relations are not kept here."""
        if "latest_charge" in params.strings(given, "expand") and body.get("latest_charge"):
            return body | {"latest_charge": self._existing("charge", body["latest_charge"])}
        return body

    def _page(self, path: str, kind: str, given: Params) -> Body:
        params.only(given, ("limit", "starting_after", *_FILTERS.get(kind, ())))
        limit = params.integer(given, "limit") or _DEFAULT_PAGE
        if limit > _LARGEST_PAGE:
            raise invalid_request(f"Limit must be at most {_LARGEST_PAGE}.", param="limit")
        parent = params.text(given, "payment_intent")
        charge_id = params.text(given, "charge")
        if charge_id is not None:
            parent = self._existing("charge", charge_id, param="charge")["payment_intent"]
        after = params.text(given, "starting_after")
        if after is not None:
            self._existing(kind, after, param="starting_after")
        found = self._store.page(kind, limit=limit + 1, before=after, parent=parent, state=params.text(given, "type"))
        return {"object": "list", "url": path, "has_more": len(found) > limit, "data": found[:limit]}


def _resolve(method: str, path: str) -> tuple[str, str | None, str | None]:
    match = _PATH.fullmatch(path)
    kind = _COLLECTIONS.get(match["collection"]) if match else None
    if match is None or kind is None:
        raise _unknown(method, path)
    return kind, match["id"], match["action"]


def _unknown(method: str, path: str) -> ApiError:
    return invalid_request(f"Unrecognized request URL ({method}: {path}).", status=404)
