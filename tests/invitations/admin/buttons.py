"""What staff press on the page of an invitation."""

from invitations.models import Invitation
from tests.invitations.admin.pages import address

WRONG, RIGHT, BEN = "anna@exmaple.com", "anna@example.com", "ben@example.com"
# what is posted to each page so that it changes something
POSTS = {
    "correct": {"old": WRONG, "new": RIGHT},
    "resend": {"emails": [BEN]},
    "extend": {"life": "7"},
    "limits": {
        "uses": "number",
        "max_uses": "5",
        "allowed_emails": f"{WRONG}\n{BEN}",
        "seen": f"{WRONG}\n{BEN}",
        "seen_uses": "2",
    },
    "rotate": {},
}


def press(client, invitation, name, **instead):
    return client.post(address(name, invitation), POSTS[name] | instead)


def press_as_shown(client, invitation, name, **instead):
    """With all that the page has filled in, but for what is given `instead`."""
    return press_again(client, invitation, name, client.get(address(name, invitation)), **instead)


def press_again(client, invitation, name, response, **instead):
    """On the page that was the answer."""
    form = response.context["form"]
    shown = {field.name: "" if (value := field.value()) is None else value for field in form}
    return client.post(address(name, invitation), shown | instead)


def stored(invitation):
    return Invitation.objects.get(pk=invitation.pk)


def logged(invitation):
    return list(invitation.events.order_by("pk"))[1:]


def errors(response):
    assert response.status_code == 200
    return dict(response.context["form"].errors)
