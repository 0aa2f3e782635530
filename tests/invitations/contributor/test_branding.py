"""The branding of a company on the contributor's pages."""

import pytest
from django.conf import settings
from django.test import Client

from companies.services.branding import update_branding
from tests.companies.pictures import DARK, picture
from tests.factories import CompanyFactory, make_invitation
from tests.invitations.answers import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    company = CompanyFactory(partner__name="Northwind Energy")
    update_branding(company, display_name="Riverside & Sons", support_phone="+44 20 7946 0000", accent_color="#fc0")
    update_branding(
        company.partner,
        support_email="help@northwind.example",
        privacy_url="https://northwind.example/?privacy&more",
        logo=picture(color=DARK),
    )
    return company


def read(company):
    return Client().get(page(make_invitation(company))).content.decode()


def test_page_shows_branding(company):
    content = read(company)
    for shown in (
        "<bdi>Riverside &amp; Sons</bdi>",
        'href="mailto:help@northwind.example"',
        'href="tel:+442079460000"',
        'href="https://northwind.example/?privacy&amp;more"',
        f'src="/p/logo/{company.brand.logo.id}" width="60" height="20" alt=""',
        'class="brand__logo brand__logo--light"',
        'href="/p/accent/ffcc00.',
        f"Powered by <bdi>{settings.OPERATOR_NAME}</bdi>",
        "<bdi>Northwind Energy</bdi>",
    ):
        assert shown in content


def test_logo_alone_is_named_by_partner(company):
    update_branding(company, display_name=None)
    assert 'alt="Northwind Energy"' in read(company)


def test_powered_by_can_be_left_out(company):
    update_branding(company.partner, shows_operator=False)
    content = read(company)
    assert "Powered by" not in content
    assert f"<bdi>Northwind Energy</bdi>, through <bdi>{settings.OPERATOR_NAME}</bdi>" in content
    update_branding(company, shows_operator=True)
    assert "Powered by" in read(company)


def test_unbranded_page_has_nothing_of_it():
    content = read(CompanyFactory())
    assert content.count('rel="stylesheet"') == 3
    for absent in ("brand__logo", "mailto:", "Powered by", "/p/accent/"):
        assert absent not in content
