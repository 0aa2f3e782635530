"""Mail again, and correct an address."""

from invitations.admin.titles import invitation_title
from invitations.models import Delivery, EventType
from tests.invitations.admin.actions.pages import BEN, POSTS, RIGHT, WRONG, errors, new_events, press, stored
from tests.invitations.admin.pages import address, page_of, words


def form_of(client, invitation, name, **query):
    return client.get(address(name, invitation), query).context["form"]


def test_all_addresses_are_preselected(admin_client, invitation):
    def chosen(**query):
        return form_of(admin_client, invitation, "resend", **query)["emails"].value()

    assert chosen() == chosen(address="7") == chosen(address="x") == [WRONG, BEN]
    assert chosen(address="1") == [BEN]


def test_only_chosen_addresses_are_mailed(admin_client, invitation, jobs):
    press(admin_client, invitation, "resend")

    assert [each.email for each in invitation.deliveries.all()] == [BEN]
    assert new_events(invitation)[0].detail == {"emails": [BEN]}
    assert jobs.names == ["send_invitation"]


def test_resend_needs_an_address(admin_client, invitation):
    assert errors(press(admin_client, invitation, "resend", emails=[])) == {"emails": ["Choose at least one address."]}


def test_resend_is_rate_limited(admin_client, invitation):
    for _ in range(10):
        press(admin_client, invitation, "resend")

    response = press(admin_client, invitation, "resend")

    assert list(errors(response)) == ["__all__"]
    assert len(new_events(invitation)) == 10


def test_address_is_corrected(admin_client, invitation):
    press(admin_client, invitation, "correct", new='"Doe, Anna" <mailto:Anna@Example.com>')

    assert stored(invitation).allowed_emails == [RIGHT, BEN]
    assert stored(invitation).url == invitation.url
    detail = {"fields": ["allowedEmails"], "old": WRONG, "new": RIGHT}
    assert invitation.events.get(type=EventType.UPDATED).detail == detail
    assert f"A mail to {RIGHT} is on its way." in page_of(admin_client, invitation)


def test_position_selects_the_address(admin_client, invitation):
    def chosen(**query):
        return form_of(admin_client, invitation, "correct", **query)["old"].value()

    assert (chosen(address="1"), chosen(address="7"), chosen()) == (BEN, None, None)


def test_no_address_stands_in_a_link(admin_client, invitation):
    assert "%40" not in page_of(admin_client, invitation)


def test_undelivered_address_is_preselected(admin_client, invitation):
    """Even after addresses whose mail arrived. Arrived ones are never preselected: their links would end."""
    Delivery.objects.create(invitation=invitation, email=WRONG, status="DELIVERED")
    Delivery.objects.create(invitation=invitation, email="gone@example.com", status="BOUNCED")
    delivery = Delivery.objects.create(invitation=invitation, email=BEN)

    def chosen(status, **query):
        Delivery.objects.filter(pk=delivery.pk).update(status=status)
        return form_of(admin_client, invitation, "correct", **query)["old"].value()

    statuses = {"BOUNCED": BEN, "FAILED": BEN, "COMPLAINED": BEN, "SENT": None}
    assert {status: chosen(status) for status in statuses} == statuses
    assert chosen("BOUNCED", address="0") == WRONG
    assert form_of(admin_client, invitation, "correct")["old"].field.choices[0] == ("", "Choose an address")


def test_correction_errors_keep_the_input(admin_client, invitation):
    wanted = {
        "old": ["", "cleo@example.com"],
        "new": ["<script>", BEN, ""],
    }

    for name, values in wanted.items():
        for value in values:
            response = press(admin_client, invitation, "correct", **{name: value})
            assert (value, list(errors(response))) == (value, [name])
            form = response.context["form"]
            assert {key: form[key].value() for key in form.fields} == POSTS["correct"] | {name: value}
            assert '<script>"' not in words(response)
    assert stored(invitation).allowed_emails == [WRONG, BEN]


def test_first_mail_is_no_second_one(admin_client, invitation):
    before = page_of(admin_client, invitation)
    assert ("Mail it</a>" in before, "Mail again" in before) == (True, False)
    page = words(admin_client.get(address("resend", invitation)))
    assert ("<h1>Mail this invitation?</h1>" in page, "again" in page) == (True, False)
    press(admin_client, invitation, "resend")

    after = page_of(admin_client, invitation)
    assert f"The invitation is being mailed to {BEN}." in after
    assert "Mail again</a>" in after
    assert f'Mail it<span class="visually-hidden">: {WRONG}' in after
    assert "<h1>Mail this invitation again?</h1>" in words(admin_client.get(address("resend", invitation)))


def test_correction_begins_with_wrong_address(admin_client, invitation):
    assert form_of(admin_client, invitation, "correct")["new"].value() is None
    press(admin_client, invitation, "resend", emails=[WRONG])
    invitation.deliveries.update(status="BOUNCED", last_error="no such user")

    response = admin_client.get(address("correct", invitation))
    form = response.context["form"]
    assert (form["new"].value(), form.reason) == (WRONG, "no such user")
    assert "autofocus" in str(form["new"])
    assert "Why the mail did not arrive:</strong> no such user" in words(response)
    chosen = form_of(admin_client, invitation, "correct", address="1")
    assert (chosen["old"].value(), chosen["new"].value(), chosen.reason) == (BEN, BEN, "")


def test_replaced_link_says_whose(admin_client, invitation):
    name = invitation_title(invitation)
    assert f"<h1>Replace the link for {name}?</h1>" in words(admin_client.get(address("rotate", invitation)))

    press(admin_client, invitation, "rotate")
    assert f"The link for {name} was replaced." in page_of(admin_client, invitation)
