"""What does not hold is said on its field, makes nothing, and keeps what was typed."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from invitations.models import Invitation, InvitationEvent
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    PartnerFactory,
    SiteFactory,
    UserFactory,
    make_connection,
    make_invitation,
)
from tests.invitations.admin.inviting import ADD, errors, invite
from tests.invitations.admin.pages import NO_ID, may, words

LIFE = "That is too far off. At most ten years from now."
LOCKED = "To lock this, fill it in."


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("company", "", "Choose a company."),
        ("company", NO_ID, "Choose one of the companies."),
        ("company", "nonsense", "“nonsense” is not a valid UUID."),
        ("invitation_type", "OTHER", "Select a valid choice. OTHER is not one of the available choices."),
        ("allowed_emails", "\n".join(f"{n}@example.com" for n in range(101)), "At most 100 addresses."),
        ("message", "x" * 2001, "Ensure this value has at most 2000 characters (it has 2001)."),
        ("message", "live\u202e", "Remove the invisible character U+202E."),
        ("expires", "9", "Select a valid choice. 9 is not one of the available choices."),
        ("uses", "", "This field is required."),
        ("url", "javascript:alert(1)", "This is not the address of a web page that begins with https://."),
        ("url", "https://10.0.0.1/", "This address does not lead to a provider’s public page."),
        ("provider", NO_ID, "Choose a provider of the catalogue."),
        ("country", "XX", "Select a valid choice. XX is not one of the available choices."),
        ("sites", NO_ID, "Choose from the company’s sites."),
        ("sites", "nonsense", "“nonsense” is not a valid UUID."),
        ("utility_types", "COAL", "Select a valid choice. COAL is not one of the available choices."),
        ("owner_email", "nonsense", "This is not an email address."),
        ("start_date", "0001-01-01", "Choose a day from 1970 to a year from now."),
        ("start_date", "31.12.2025", "Enter a date like 2026-01-31."),
        ("locale", "de_AT", "Write a tag such as en or de-AT."),
        ("redirect_url", "https://elsewhere.example", "Choose from the partner’s addresses."),
        ("external_id", "x" * 256, "Ensure this value has at most 255 characters (it has 256)."),
        ("external_id", "a\x00b", "Null characters are not allowed."),
        ("external_id", "a\x07b", "Remove the invisible character U+0007."),
        ("metadata", "nonsense", "Write “nonsense” as name: value."),
        ("metadata", "order: 1\norder: 2", "“order” is there twice."),
        ("metadata", "\n".join(f"{n}: x" for n in range(21)), "At most 20 lines."),
        (
            "metadata",
            f"{'x' * 41}: x",
            f"“{'x' * 40}”: a name has at most 40 characters, a value 500.",
        ),
        ("metadata", f"order: {'x' * 501}", "“order”: a name has at most 40 characters, a value 500."),
        ("lock_country", "on", ("country", LOCKED)),
        ("lock_provider", "on", ("provider", LOCKED)),
        ("lock_sites", "on", ("sites", LOCKED)),
        ("form_id", "", "This page was not complete. Reload it, then try again."),
        ("form_id", "nonsense", "This page was not complete. Reload it, then try again."),
    ],
)
def test_what_does_not_hold_is_said_on_its_field(admin_client, company, field, value, said):
    name, said = said if isinstance(said, tuple) else (field, said)
    response = invite(admin_client, company, **{field: value})

    assert errors(response) == {name: [said]}
    assert said.replace("'", "&#x27;") in words(response)
    assert not Invitation.objects.exists()
    assert not LogEntry.objects.exists()


def in_days(number):
    return (timezone.localdate() + timedelta(days=number)).isoformat()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"expires": "date"}, {"expires_on": ["Choose a day."]}),
        (
            {"expires": "date", "expires_on": in_days(-1)},
            {"expires_on": ["That day is over in UTC. Choose a later one."]},
        ),
        ({"expires": "date", "expires_on": in_days(3651)}, {"expires_on": [LIFE]}),
        ({"expires": "date", "expires_on": "9999-12-31"}, {"expires_on": [LIFE]}),
        ({"expires": "date", "expires_on": "soon"}, {"expires_on": ["Enter a date like 2026-01-31."]}),
        ({"uses": "number"}, {"max_uses": ["Enter how many times."]}),
        ({"uses": "number", "max_uses": "many"}, {"max_uses": ["Enter a whole number."]}),
        (
            {"uses": "number", "max_uses": "1000001"},
            {"max_uses": ["The number of uses is between 1 and 1,000,000."]},
        ),
    ],
)
def test_how_long_and_how_often_have_bounds(admin_client, company, given, said):
    assert errors(invite(admin_client, company, **given)) == said
    assert not Invitation.objects.exists()


def test_every_bad_address_is_named_and_what_was_pasted_stays(admin_client, company):
    pasted = '"Doe, J." <j@example.com>, b@c; <script>@example.com, nonsense'

    response = invite(admin_client, company, allowed_emails=pasted)

    assert [error.partition(" – ")[0] for error in errors(response)["allowed_emails"]] == [
        "b@c",
        "script",
        "@example.com",
        "nonsense",
    ]
    page = words(response)
    assert "&quot;Doe, J.&quot; &lt;j@example.com&gt;, b@c; &lt;script&gt;@example.com, nonsense</textarea>" in page
    assert not Invitation.objects.exists()


def test_the_summary_names_all_that_is_wrong_from_top_to_bottom(admin_client, company):
    repair = {"invitation_type": "EDIT_CONNECTION", "country": "GB"}

    page = words(invite(admin_client, company, allowed_emails="b@c, nonsense", uses="number", **repair))

    summary = page[page.index("Nothing was made yet.") : page.index("<form", page.index("Nothing was made yet."))]
    places = [summary.index(each) for each in ("Connection to repair", "b@c", "nonsense", "How many times", "Country")]
    assert places == sorted(places)


def test_of_very_many_bad_addresses_twenty_are_named(admin_client, company):
    said = errors(invite(admin_client, company, allowed_emails=",".join(f"no {n}" for n in range(500))))

    assert (len(said["allowed_emails"]), said["allowed_emails"][-1]) == (21, "And 480 more.")


@pytest.mark.parametrize("emails", ["", "*@example.com"])
def test_there_has_to_be_somebody_to_mail_it_to(admin_client, company, emails):
    response = invite(admin_client, company, button="_send", allowed_emails=emails)

    assert errors(response) == {"allowed_emails": ["Enter whom to mail it to, or choose “Only make the link”."]}
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("field", ["sites", "connection"])
def test_what_is_another_companys_is_refused_on_its_field(admin_client, company, field):
    """Also of a company of the same partner, and beside one that is the company's own."""
    other = CompanyFactory(partner=company.partner)
    forged = {
        "sites": {"sites": [SiteFactory(company=company).pk, SiteFactory(company=other, name="Secret place").pk]},
        "connection": {"connection": make_connection(other).pk, "invitation_type": "EDIT_CONNECTION"},
    }

    response = invite(admin_client, company, **forged[field])

    assert list(errors(response)) == [field]
    assert "Secret place" not in words(response)
    assert not Invitation.objects.exists()


def test_a_redirect_of_another_partner_is_refused(admin_client, company):
    PartnerFactory(redirect_urls=["https://elsewhere.example/"])

    assert list(errors(invite(admin_client, company, redirect_url="https://elsewhere.example/"))) == ["redirect_url"]


def test_provider_and_login_page_exclude_each_other(admin_client, company):
    response = invite(admin_client, company, provider=DatasourceFactory().pk, url="https://portal.example.com")

    assert errors(response) == {"url": ["Choose a provider or give a login page, and not both."]}


def test_a_repair_needs_its_connection_and_nothing_filled_in(admin_client, company):
    response = invite(admin_client, company, invitation_type="EDIT_CONNECTION", country="GB", utility_types=["GAS"])

    said = "A repair has nothing filled in: the connection knows it. Leave this empty."
    assert errors(response) == {
        "connection": ["Choose the connection to repair."],
        "country": [said],
        "utility_types": [said],
    }


def test_a_new_account_has_no_connection_yet(admin_client, company):
    response = invite(admin_client, company, connection=make_connection(company).pk)

    assert errors(response) == {"connection": ["Leave this empty, or choose above to repair a connection."]}


def test_a_name_of_a_form_that_belongs_to_something_else_is_refused(admin_client, company):
    taken = InvitationEvent.objects.get(invitation=make_invitation(company)).pk

    response = invite(admin_client, company, form_id=taken)

    assert errors(response) == {"form_id": ["This page was not complete. Reload it, then try again."]}
    assert Invitation.objects.count() == 1


def test_everything_typed_stays(admin_client, company):
    broken, provider = make_connection(company), DatasourceFactory(name="Acme Water")
    sites = [SiteFactory(company=company, name="Main bakery"), SiteFactory(company=company, name="Cold store")]
    typed = {
        "connection": broken.pk,
        "expires": "date",
        "expires_on": "2020-02-03",
        "uses": "number",
        "max_uses": "12",
        "message": "Hello <Anna>",
        "provider": provider.pk,
        "url": "https://portal.example.com",
        "country": "IE",
        "sites": [site.pk for site in sites],
        "utility_types": ["DISTRICT"],
        "owner_email": "owner@example.com",
        "start_date": "2025-12-31",
        "lock_country": "on",
        "external_id": "ORD-7",
        "metadata": "order: 4711",
        "locale": "de",
    }

    response = invite(admin_client, company, **typed)

    form, page = response.context["form"], words(response)
    assert {name: form[name].value() for name in typed} == {
        name: [str(each) for each in value] if isinstance(value, list) else (value == "on" or str(value))
        for name, value in typed.items()
    }
    for row in (company, broken, provider, *sites):
        assert f'<option value="{row.pk}" selected>' in page
    assert "Hello &lt;Anna&gt;</textarea>" in page
    assert page.count("<details open>") == 2


@pytest.mark.parametrize("kind", ["limited", "limited to another"])
def test_a_company_that_is_not_open_to_somebody_does_not_exist_for_them(client, company, kind):
    user = may("add_invitation", "view_invitation")
    user.is_limited = True
    user.save()
    user.companies.set([CompanyFactory()] if kind == "limited to another" else [])
    client.force_login(user)

    response = invite(client, company)

    assert errors(response) == {"company": ["Choose one of the companies."]}
    assert company.name not in words(response)
    assert company.name not in words(client.get(ADD, {"company": company.pk}))
    assert not Invitation.objects.exists()


def test_a_company_that_is_open_to_somebody_is_theirs_to_invite_for(client, company):
    user = UserFactory(is_superuser=False, is_limited=True)
    user.companies.set([company])
    user.user_permissions.set(may("add_invitation", "view_invitation").user_permissions.all())
    client.force_login(user)

    assert invite(client, company).status_code == 302
    assert Invitation.objects.get().company == company
