"""Steps a contributor takes, and what the browser shows."""

import re
from typing import Any

from django.test import Client

from invitations.models import Invitation, PersonalLink, VerificationCode
from invitations.services.verification.codes import send_code
from tests.clock import stopped_at
from tests.invitations.answers import page
from tests.invitations.repairs import expire, fulfil, revoke

ANNA, BEN, OTTO = "anna@example.com", "ben@example.com", "otto@example.com"
CLOSE = {"revoked": revoke, "used": fulfil, "expired": expire}
CLOSED_TITLES = {
    "revoked": "This invitation was revoked",
    "used": "This invitation has been used",
    "expired": "This invitation has expired",
}


def visible_text(response: Any) -> str:
    """The text of the page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def tag(content: str, name: str) -> str:
    """The HTML of the input with this name."""
    (found,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>', content)
    return str(found)


def request_code(client: Client, invitation: Invitation, email: str = ANNA, **options: Any) -> Any:
    """Request a code, and let the worker mail it."""
    response = client.post(page(invitation, "verify"), {"email": email}, **options)
    mail_codes(invitation)
    return response


def mail_codes(invitation: Invitation) -> None:
    for code in invitation.codes.filter(last_attempt_at=None):
        send_code(code.pk)


def request_code_twice(client: Client, invitation: Invitation, email: str = ANNA) -> list[Any]:
    """Two responses to requests at the same time."""
    first = request_code(client, invitation, email)
    with stopped_at(invitation.codes.latest("pk").created_at):
        return [first, request_code(client, invitation, email)]


def enter_code(client: Client, invitation: Invitation, digits: str, **options: Any) -> Any:
    return client.post(page(invitation, "code"), {"code": digits}, **options)


def newest_code(invitation: Invitation) -> VerificationCode:
    return invitation.codes.latest("pk")


def wrong_digits(invitation: Invitation) -> str:
    return "000000" if newest_code(invitation).digits != "000000" else "000001"


def links_of(invitation: Invitation, email: str = ANNA) -> list[PersonalLink]:
    return list(PersonalLink.objects.filter(delivery__invitation=invitation, delivery__email=email).order_by("pk"))


def at(link: PersonalLink, name: str = "") -> str:
    """Path of a page with the token of the personal link."""
    return page(link.delivery.invitation, name, token=link.token)


def accept(client: Client, link: PersonalLink) -> Any:
    """Press the button of the personal link."""
    return client.post(at(link, "accept_link"))


def reaches_form(client: Client, link: PersonalLink) -> bool:
    return client.get(at(link, "connect")).status_code == 200
