"""Pages of the actions, as tests use them."""

from invitations.models import Invitation
from tests.invitations.admin.pages import address

WRONG, RIGHT, BEN = "anna@exmaple.com", "anna@example.com", "ben@example.com"
# data that changes the invitation, for each action
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
    "reminders": {"sends_reminders": "on", "seen_reminders": "False", "seen_forwarding": "False"},
    "rotate": {},
}


def press(client, invitation, name, **instead):
    return client.post(address(name, invitation), POSTS[name] | instead)


def press_as_shown(client, invitation, name, **instead):
    """Post the page with its initial values, changed by `instead`."""
    return press_again(client, invitation, name, client.get(address(name, invitation)), **instead)


def press_again(client, invitation, name, response, **instead):
    """Post the form that `response` shows, changed by `instead`."""
    form = response.context["form"]
    shown = {field.name: "" if (value := field.value()) is None else value for field in form}
    return client.post(address(name, invitation), shown | instead)


def stored(invitation):
    return Invitation.objects.get(pk=invitation.pk)


def new_events(invitation):
    return list(invitation.events.order_by("pk"))[1:]


def errors(response):
    assert response.status_code == 200
    return dict(response.context["form"].errors)
