"""The page that creates an invitation, as tests use it."""

from django.urls import reverse
from uuid_utils.compat import uuid7

ADD = reverse("admin:invitations_invitation_add")
OFFERS = reverse("admin:invitations_invitation_offers")


def form_data(company, /, **fields):
    """The form with only its company chosen, changed by `fields`; None leaves a field out."""
    untouched = {
        "form_id": uuid7(),
        "company": company and company.pk,
        "invitation_type": "CREATE_CONNECTION",
        "expires": "14",
        "uses": "one",
    }
    return {name: value for name, value in (untouched | fields).items() if value is not None}


def invite(client, company, /, *, button="_link", **fields):
    return client.post(ADD, form_data(company, **fields) | {button: "1"})


def errors(response):
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def preview(client, company, part, /, **fields):
    return client.post(reverse("admin:invitations_invitation_preview", args=[part]), form_data(company, **fields))


def offered(client, kind, **query):
    """Texts of the offers, and whether there are more."""
    response = client.get(OFFERS, {"kind": kind, **query})
    assert response.status_code == 200
    content = response.json()
    return [each["text"] for each in content["results"]], content["pagination"]["more"]
