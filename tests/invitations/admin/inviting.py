"""What staff fill in to invite."""

from django.urls import reverse
from uuid_utils.compat import uuid7

ADD = reverse("admin:invitations_invitation_add")
OFFERS = reverse("admin:invitations_invitation_offers")


def answers(company, /, **fields):
    """The form as it is when only the company was chosen, and `fields`; without those that are None."""
    untouched = {
        "form_id": uuid7(),
        "company": company and company.pk,
        "invitation_type": "CREATE_CONNECTION",
        "expires": "14",
        "uses": "one",
    }
    return {name: value for name, value in (untouched | fields).items() if value is not None}


def invite(client, company, /, *, button="_link", **fields):
    return client.post(ADD, answers(company, **fields) | {button: "1"})


def errors(response):
    """What is said on each field."""
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def preview(client, company, part, /, **fields):
    return client.post(reverse("admin:invitations_invitation_preview", args=[part]), answers(company, **fields))


def offered(client, kind, **query):
    """The texts on offer, and whether there are more."""
    response = client.get(OFFERS, {"kind": kind, **query})
    assert response.status_code == 200
    answer = response.json()
    return [each["text"] for each in answer["results"]], answer["pagination"]["more"]
