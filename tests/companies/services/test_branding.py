from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import IntegrityError, connection, transaction

from companies.actors import SYSTEM, Actor
from companies.models import Branding, Company, Logo
from companies.services.branding import BRANDING_CHECKS, update_branding
from config.exceptions import InvalidField
from tests.companies.pictures import RED, WHITE, picture
from tests.factories import CompanyFactory, PartnerFactory, UserFactory
from tests.races import wait_for_a_lock

pytestmark = pytest.mark.django_db


def checked(name, value):
    try:
        return BRANDING_CHECKS[name](value)
    except InvalidField as error:
        return (*error.field, error.field_code)


def test_values_are_checked_and_normalized():
    wanted = {
        ("display_name", "  Riverside\u00a0Bakeries "): "Riverside Bakeries",
        ("display_name", ""): None,
        ("display_name", "two\nlines"): ("display_name", "line_break"),
        ("display_name", "\u202egnisrever"): ("display_name", "control_character"),
        ("display_name", "x" * 101): ("display_name", "max_length"),
        ("accent_color", "#17594A"): "#17594a",
        ("accent_color", "fc0"): "#ffcc00",
        ("accent_color", ""): None,
        ("accent_color", "red;}body{display:none"): ("accent_color", "invalid"),
        ("accent_color", "#1234567"): ("accent_color", "invalid"),
        ("accent_color", "#17594a\n"): "#17594a",
        ("support_email", "Help@Riverside.example"): "help@riverside.example",
        ("support_email", "help"): ("support_email", "invalid_email"),
        ("support_phone", "+44 (0)20 7946-0000"): "+44 (0)20 7946-0000",
        ("support_phone", "٠٢٠ ٧٩٤٦"): "020 7946",
        ("support_phone", "call us"): ("support_phone", "invalid"),
        ("support_phone", "+4"): ("support_phone", "invalid"),
        ("support_phone", "1" * 41): ("support_phone", "max_length"),
        ("privacy_url", "https://riverside.example/privacy"): "https://riverside.example/privacy",
        ("privacy_url", "http://riverside.example"): ("privacy_url", "invalid"),
        ("privacy_url", "javascript:alert(1)"): ("privacy_url", "invalid"),
        ("privacy_url", "https://latchkey.example@evil.example/"): ("privacy_url", "invalid"),
        ("privacy_url", "https://" + "a" * 63 + ".example/" + "p" * 500): ("privacy_url", "max_length"),
    }
    assert {case: checked(*case) for case in wanted} == wanted


def test_update_changes_given_fields(company):
    update_branding(company, display_name="Riverside", accent_color="#fc0", logo=picture(), shows_operator=False)
    update_branding(Company.objects.get(), support_phone="112", display_name=None)

    brand = Company.objects.get().brand
    assert (brand.name, brand.accent_color, brand.support_phone, brand.shows_operator) == (
        None,
        "#ffcc00",
        "112",
        False,
    )
    assert (brand.logo.width, brand.logo.height) == (60, 20)


def test_update_names_every_wrong_field(company):
    with pytest.raises(InvalidField) as refused:
        update_branding(company, display_name="Latchkey", accent_color="red", logo=b"<svg>", privacy_url="x")
    assert [error.field for error in refused.value.errors] == [
        ("accent_color",),
        ("logo",),
        ("privacy_url",),
        ("display_name",),
    ]
    assert not Branding.objects.exists()


def test_name_of_operator_is_refused(settings):
    settings.OPERATOR_NAME = "Latchkey"
    company = CompanyFactory(name="Latchkey", partner__name="Northwind")
    for owner in (company, company.partner):
        with pytest.raises(InvalidField) as refused:
            update_branding(owner, display_name="Lаtсhkеу support")  # Cyrillic letters
        assert refused.value.field_code == "look_alike"

    own = PartnerFactory(name="Latchkey Ltd")
    assert update_branding(own, display_name="Latchkey").display_name == "Latchkey"


def test_changes_are_logged_by_field(company):
    staff = Actor.staff(UserFactory())
    update_branding(company, by=staff, display_name="Riverside", logo=picture(), support_phone=None)
    update_branding(company, by=staff, display_name="Riverside", logo=picture())
    update_branding(company.partner, by=SYSTEM, display_name="Northwind")

    assert list(company.events.values_list("type", "actor", "detail__fields")) == [
        ("UPDATED", "STAFF", ["displayName", "logo"])
    ]


def test_unused_logo_is_deleted():
    one, other = CompanyFactory(), CompanyFactory()
    for company in (one, other):
        update_branding(company, logo=picture())
    assert Logo.objects.count() == 1
    update_branding(one, logo=picture(color=WHITE))
    assert Logo.objects.count() == 2
    update_branding(other, logo=None)
    assert [logo.pk for logo in Logo.objects.all()] == [one.brand.logo.id]


@pytest.mark.django_db(transaction=True)
def test_race_keeps_logo_that_is_shown():
    """One branding takes the logo that another gives up at the same time."""
    one, other = CompanyFactory(), CompanyFactory()
    update_branding(one, logo=picture(color=RED))
    update_branding(other, logo=picture(color=WHITE))

    def change(company, color):
        try:
            update_branding(company, logo=picture(color=color))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads, transaction.atomic():
        Branding.objects.select_for_update().get(company=one)  # the first waits here, after it found the logo
        taken = threads.submit(change, one, WHITE)
        wait_for_a_lock()
        given_up = threads.submit(change, other, RED)
        wait([given_up], timeout=0.2)
    assert (taken.exception(), given_up.exception()) == (None, None)
    assert set(Logo.objects.values_list("pk")) == set(Branding.objects.values_list("logo"))


def test_database_refuses_other_values(company):
    logo = Logo(pk="0" * 64, content=b"", media_type="image/png")
    wrong = [
        Branding(),
        Branding(company=company, partner=company.partner),
        Branding(company=company, accent_color="red"),
        Branding(company=company, privacy_url="javascript:alert(1)"),
        Branding(company=company, logo_width=10, logo_height=10),
        Logo(pk="logo", content=b"", media_type="image/png"),
        Logo(pk="1" * 64, content=b"", media_type="image/svg+xml"),
        Logo(pk="1" * 64, content=bytes(200 * 1024), media_type="image/png"),
    ]
    logo.save(force_insert=True)
    for row in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
