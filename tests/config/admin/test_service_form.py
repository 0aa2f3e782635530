import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Q
from django.urls import reverse

from companies.models import Company, User
from config.admin.base import ServiceForm
from config.exceptions import InvalidField
from connections.models import Datasource
from tests.factories import DatasourceFactory, PartnerFactory, UserFactory

ADD = "admin:companies_company_add"


class CompanyForm(ServiceForm):
    class Meta:
        model = Company
        fields = ("name", "locale")

    def perform(self, *, by):
        self.instance.partner = by
        self.instance.save()
        raise InvalidField(("name",), "Taken.")


@pytest.fixture
def partner(db):
    return PartnerFactory()


@pytest.fixture
def admin_client(db, client):
    client.force_login(UserFactory())
    return client


def test_service_form_validates_without_writing(partner):
    form = CompanyForm({"name": "Riverside", "locale": "en"})

    assert form.is_valid()
    assert not Company.objects.exists()


def test_service_form_refused_write_is_rolled_back(partner):
    form = CompanyForm({"name": "Riverside", "locale": "en"})

    assert not form.submit(by=partner)
    assert form.errors == {"name": ["Taken."]}
    assert not Company.objects.exists()


def test_service_form_shows_all_errors_at_once(admin_client, partner):
    typed = {"partner": partner.pk, "name": "a\u0007", "locale": "de_AT", "time_zone": "UTC"}
    response = admin_client.post(reverse(ADD), typed)

    assert set(response.context["adminform"].form.errors) == {"name", "locale"}


@pytest.mark.parametrize("race", ["email", "provider"])
def test_lost_race_shows_form_with_input(admin_client, monkeypatch, race):
    """The unique check of the form sees no other row; the write meets one."""
    monkeypatch.setattr("django.db.models.base.Model._perform_unique_checks", lambda *args: {})
    monkeypatch.setattr("django.db.models.constraints.UniqueConstraint.validate", lambda *args, **kwargs: None)
    if race == "email":
        other, address = UserFactory(), reverse("admin:companies_user_change", args=[UserFactory(name="Old").pk])
        given, field = {"email": other.email, "name": "New", "is_staff": "on", "is_active": "on"}, "email"
    else:
        other, address = DatasourceFactory(), reverse("admin:connections_datasource_add")
        given = {"name": other.name, "country": other.country, "login_url": "https://new.example/"}
        field = "name"

    response = admin_client.post(address, given)

    form = response.context["adminform"].form
    assert (response.status_code, list(form.errors), form["name"].value()) == (200, [field], given["name"])
    assert not User.objects.filter(name="New").exists()
    assert not Datasource.objects.filter(Q(login_url="https://new.example/")).exists()
    assert not LogEntry.objects.exists()
