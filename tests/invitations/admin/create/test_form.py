"""Errors of the form appear at their fields, keep the input, and prevent the creation."""

from django.contrib.admin.models import LogEntry

from invitations.models import Invitation
from invitations.models.prefill import Prefill
from tests.factories import CompanyFactory, DatasourceFactory, PartnerFactory, SiteFactory, make_connection
from tests.invitations.admin.create.pages import errors, invite
from tests.invitations.admin.pages import NO_ID, words

# a bad value for each field, and the beginning of its error; empty for errors of the services
BAD_VALUES = {
    "company": (NO_ID, "Choose one of the companies."),
    "invitation_type": ("OTHER", "Select a valid choice."),
    "allowed_emails": ("b@c", "b@c – "),
    "message": ("li\x07ve", ""),
    "expires": ("9", "Select a valid choice."),
    "uses": ("", "This field is required."),
    "url": ("https://10.0.0.1/", ""),
    "provider": (NO_ID, "Choose a provider from the catalogue."),
    "country": ("XX", "Select a valid choice."),
    "sites": ("nonsense", "“nonsense” is not a valid UUID."),
    "utility_types": ("COAL", "Select a valid choice."),
    "owner_email": ("nonsense", ""),
    "start_date": ("0001-01-01", ""),
    "locale": ("de_AT", "Enter a language tag such as en or de-AT."),
    "redirect_url": ("https://elsewhere.example", "Choose from the redirect URLs of the partner."),
    "external_id": ("a\x07b", ""),
    "metadata": ("nonsense", "Write “nonsense” as name: value."),
    "form_id": ("nonsense", ""),
}


def test_error_stands_on_its_field(admin_client, company):
    found = {name: errors(invite(admin_client, company, **{name: value})) for name, (value, _) in BAD_VALUES.items()}

    assert {name: list(said) for name, said in found.items()} == {name: [name] for name in BAD_VALUES}
    beginnings = {name: said[name][0][: len(BAD_VALUES[name][1])] for name, said in found.items()}
    assert beginnings == {name: text for name, (_, text) in BAD_VALUES.items()}
    assert not Invitation.objects.exists()
    assert not LogEntry.objects.exists()


def test_every_field_has_a_bad_value(admin_client, company):
    form = invite(admin_client, company, company="").context["form"]

    companions = ("lock_", "find_")
    conditional = {"connection", "expires_on", "max_uses", "share_uses"}
    checkboxes = {"sends_reminders", "allows_forwarding"}
    assert {name for name in form.fields if not name.startswith(companions)} - conditional - checkboxes == set(
        BAD_VALUES
    )


def test_empty_field_cannot_be_locked(admin_client, company):
    locks = {"lock_country": "country", "lock_provider": "provider", "lock_sites": "sites"}

    for lock, name in locks.items():
        response = invite(admin_client, company, **{lock: "on"})
        assert errors(response) == {name: ["Fill this in, or do not lock it."]}


def test_every_bad_address_is_named(admin_client, company):
    pasted = '"Doe, J." <j@example.com>, b@c; <script>@example.com, nonsense'

    response = invite(admin_client, company, allowed_emails=pasted)

    named = [error.partition(" – ")[0] for error in errors(response)["allowed_emails"]]
    assert named == ["b@c", "script", "@example.com", "nonsense"]
    page = words(response)
    assert "&quot;Doe, J.&quot; &lt;j@example.com&gt;, b@c; &lt;script&gt;@example.com, nonsense</textarea>" in page
    assert not Invitation.objects.exists()


def test_summary_follows_the_order_of_fields(admin_client, company):
    repair = {"invitation_type": "EDIT_CONNECTION", "country": "GB"}

    page = words(invite(admin_client, company, allowed_emails="b@c, nonsense", uses="number", **repair))

    start = page.index("Nothing was created.")
    summary = page[start : page.index("<form", start)]
    places = [summary.index(each) for each in ("Connection to repair", "b@c", "nonsense", "How many uses", "Country")]
    assert places == sorted(places)


def test_mailing_needs_a_mailable_address(admin_client, company):
    for emails in ("", "*@example.com"):
        response = invite(admin_client, company, button="_send", allowed_emails=emails)
        assert list(errors(response)) == ["allowed_emails"]
    assert not Invitation.objects.exists()


def test_rows_of_another_company_are_refused(admin_client, company):
    """Even of the same partner, and beside a row of the chosen company."""
    other = CompanyFactory(partner=company.partner)
    forged = {
        "sites": {"sites": [SiteFactory(company=company).pk, SiteFactory(company=other, name="Secret place").pk]},
        "connection": {"connection": make_connection(other).pk, "invitation_type": "EDIT_CONNECTION"},
    }

    for name, fields in forged.items():
        response = invite(admin_client, company, **fields)
        assert list(errors(response)) == [name]
        assert "Secret place" not in words(response)
    assert not Invitation.objects.exists()


def test_redirect_of_another_partner_is_refused(admin_client, company):
    PartnerFactory(redirect_urls=["https://elsewhere.example/"])

    assert list(errors(invite(admin_client, company, redirect_url="https://elsewhere.example/"))) == ["redirect_url"]


def test_provider_excludes_a_login_page(admin_client, company):
    response = invite(admin_client, company, provider=DatasourceFactory().pk, url="https://portal.example.com")

    assert errors(response) == {"url": ["Choose a provider or enter a login page, not both."]}


def test_login_page_shares_the_provider_lock(admin_client, company):
    invite(admin_client, company, url="portal.example.com/login", lock_provider="on")

    assert Invitation.objects.get().prefilled == Prefill(url="https://portal.example.com/login", locked_fields=("url",))


def test_repair_needs_a_connection_without_prefill(admin_client, company):
    response = invite(admin_client, company, invitation_type="EDIT_CONNECTION", country="GB", utility_types=["GAS"])

    assert list(errors(response)) == ["connection", "country", "utility_types"]


def test_new_account_needs_no_connection(admin_client, company):
    assert list(errors(invite(admin_client, company, connection=make_connection(company).pk))) == ["connection"]


def test_input_stays_after_an_error(admin_client, company):
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
