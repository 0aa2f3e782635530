"""The integration of a partner, tried from end to end against a running Latchkey, without a browser.

Usage: BASE_URL=https://... API_KEY=lk_test_... python examples/partner_ci.py

The key is a test key with the scope `test` and the scopes that your integration uses. Everything that this program
creates is test data: no mail leaves, and no collector of yours sees it. Copy what you need into your own tests.
"""

import json
import os
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

BASE_URL, API_KEY = os.environ["BASE_URL"], os.environ["API_KEY"]
JANE = "jane@example.com"


def call(method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
    """Call the API. The Idempotency-Key makes it safe to send a POST again after a broken connection."""
    headers = {"X-API-KEY": API_KEY, "Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    url = f"{BASE_URL}/v2/{path}" + (f"?{urlencode(query)}" if query else "")
    data = None if method == "GET" else json.dumps(body or {}).encode()
    with urlopen(Request(url, data, headers, method=method), timeout=30) as answer:  # noqa: S310
        return json.load(answer)  # type: ignore[no-any-return]


def refusal(method: str, path: str, body: dict[str, Any] | None = None) -> str:
    """Return the code of the error that the call must get."""
    try:
        call(method, path, body)
    except HTTPError as error:
        return str(json.load(error)["code"])
    raise AssertionError(f"{method} {path} was not refused")


def check(what: str, is_true: bool) -> None:
    print(("ok      " if is_true else "FAILED  ") + what, flush=True)
    if not is_true:
        raise SystemExit(1)


def last_event() -> str | None:
    """Return the end of the feed, from which `new_events` goes on.

    Asks for a type of event that is rare here: then a page reaches the end, however many events there are.
    """
    page: dict[str, Any] = {"hasNext": True, "nextCursor": None}
    while page["hasNext"]:
        after = {"after": page["nextCursor"]} if page["nextCursor"] else {}
        page = call("GET", "event", type="invitation.rotated", limit=100, **after)
    return page["nextCursor"]


def new_events(after: str | None, *ids: str) -> list[str]:
    """Return the types of the newer events about these invitations and connections, in their order."""
    found, page = [], {"hasNext": True, "nextCursor": after}
    while page["hasNext"]:
        cursor = {"after": page["nextCursor"]} if page["nextCursor"] else {}
        page = call("GET", "event", limit=100, **cursor)
        found += [event["type"] for event in page["events"] if event["data"].get("id") in ids]
    return found


def connect_an_account(company: dict[str, Any]) -> dict[str, Any]:
    """Invite a person, be that person, and return the connection."""
    start = last_event()
    body = {"allowedEmails": [JANE], "sendEmail": True, "maxUses": 1, "externalId": "order-7781"}
    invitation = call("POST", f"invitation/company/{company['id']}", body)
    step = f"test/invitation/{invitation['id']}"

    (mail,) = call("GET", "test/mail", invitationId=invitation["id"])["mails"]
    check("the mail has a personal link", mail["to"] == JANE and "/p/i/" in mail["links"][0])

    check("an opened invitation is active", call("POST", f"{step}/view")["status"] == "ACTIVE")
    check("the address must be verified first", refusal("POST", f"{step}/submit") == "EMAIL_PROOF_REQUIRED")
    call("POST", f"{step}/verify", {"email": JANE})
    connection = call("POST", f"{step}/submit", {"username": "jane", "country": "GB"})
    check("the connection waits for its check", connection["status"] == "PENDING")
    check("it names its invitation", connection["invitationId"] == invitation["id"])
    check("the only use is spent", call("GET", f"invitation/{invitation['id']}")["status"] == "FULFILLED")
    check("a second use is refused", refusal("POST", f"{step}/submit") == "INVITATION_FULFILLED")

    steps = ["created", "sent", "viewed", "verified", "used", "fulfilled"]
    told = new_events(start, invitation["id"], connection["id"])
    check("the feed has every step", set(told) == {*(f"invitation.{each}" for each in steps), "connection.created"})
    return connection


def try_each_outcome(connection: dict[str, Any]) -> None:
    start = last_event()
    outcomes = ["CONNECTED", "UNDER_INVESTIGATION", "WEBSITE_DOWN", "MFA_TOKEN_EXPIRED", "PASSWORD_INCORRECT"]
    for status in outcomes:
        shown = call("POST", f"test/connection/{connection['id']}/{status}", {"statusErrorDetail": f"Tried {status}"})
        check(f"the connection is {status}", shown["status"] == status)
    told = new_events(start, connection["id"])
    check("the feed has each outcome", told == ["connection.status_changed"] * len(outcomes))


def repair(connection: dict[str, Any]) -> None:
    """Ask the person for a new password."""
    invitation = call("POST", f"invitation/connection/{connection['id']}", {"maxUses": 1})
    repaired = call("POST", f"test/invitation/{invitation['id']}/submit", {"password": "a new one"})
    check("the repaired connection is checked again", repaired["status"] == "PENDING")
    shown = call("POST", f"test/connection/{connection['id']}/CONNECTED")
    check("it works again", (shown["id"], shown["status"]) == (connection["id"], "CONNECTED"))


def lose_a_mail(company: dict[str, Any]) -> None:
    body = {"allowedEmails": [JANE], "sendEmail": True}
    invitation = call("POST", f"invitation/company/{company['id']}", body)
    call("POST", f"test/invitation/{invitation['id']}/bounce", {"email": JANE})
    (delivery,) = call("GET", f"invitation/{invitation['id']}")["deliveries"]
    check("a lost mail names the fault", (delivery["status"], delivery["fault"]) == ("BOUNCED", "ADDRESS"))


def remind_a_person(company: dict[str, Any]) -> None:
    start = last_event()
    body = {"allowedEmails": [JANE], "sendEmail": True, "expiresInSeconds": 14 * 86400}
    invitation = call("POST", f"invitation/company/{company['id']}", body)
    call("POST", f"test/invitation/{invitation['id']}/advance", {"seconds": 8 * 86400})
    mails = call("GET", "test/mail", invitationId=invitation["id"])["mails"]
    check("half-way, a reminder follows the mail", sum(mail["subject"].startswith("Reminder") for mail in mails) == 1)
    told = new_events(start, invitation["id"])
    check("the feed tells of the reminder", told == [f"invitation.{each}" for each in ("created", "sent", "reminded")])


def let_one_expire(company: dict[str, Any]) -> None:
    start = last_event()
    invitation = call("POST", f"invitation/company/{company['id']}", {"expiresInSeconds": 7 * 86400})
    step = f"test/invitation/{invitation['id']}"
    check("it is active for a week", call("POST", f"{step}/advance", {"seconds": 6 * 86400})["status"] == "ACTIVE")
    check("then it expires", call("POST", f"{step}/advance", {"seconds": 86400})["status"] == "EXPIRED")
    check("an expired one is refused", refusal("POST", f"{step}/view") == "INVITATION_EXPIRED")
    told = new_events(start, invitation["id"])
    check("the feed tells of it once", told == ["invitation.created", "invitation.expired"])


def revoke_one(company: dict[str, Any]) -> None:
    invitation = call("POST", f"invitation/company/{company['id']}")
    call("POST", f"invitation/{invitation['id']}/revoke", {"reason": "Sent to the wrong person"})
    check(
        "a revoked one is refused", refusal("POST", f"test/invitation/{invitation['id']}/view") == "INVITATION_REVOKED"
    )


if __name__ == "__main__":
    new_company = call("POST", "company", {"name": "Bakery of our tests"})
    made = connect_an_account(new_company)
    try_each_outcome(made)
    repair(made)
    lose_a_mail(new_company)
    remind_a_person(new_company)
    let_one_expire(new_company)
    revoke_one(new_company)
    print("The integration works.")
