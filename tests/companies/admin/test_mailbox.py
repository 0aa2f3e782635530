"""Mails of test mode in the admin."""

from django.urls import reverse

from companies.models import StoredMail
from tests.companies.admin.pages import may, words
from tests.factories import CompanyFactory, UserFactory, make_invitation

LIST = "admin:companies_storedmail_changelist"


def test_stored_mails_are_shown(admin_client, db):
    company = CompanyFactory(is_live=False, name="<b>Bakery</b>")
    anna, ben = (f"{name}@example.com" for name in ("anna", "ben"))
    invitation = make_invitation(company, allowed_emails=[anna, ben], send_email=True)
    mail = StoredMail.objects.get(email=anna)

    def found(term):
        rows = admin_client.get(reverse(LIST), {"q": term}).context["cl"].result_list
        return [row.email for row in rows]

    page = words(admin_client.get(reverse("admin:companies_storedmail_change", args=[mail.pk])))
    assert "/p/i/" in page
    assert "<b>Bakery" not in page
    assert found("") == found(str(invitation.pk)) == [ben, anna]
    assert (found("ANNA@example.com"), found("nothing")) == ([anna], [])


def test_stored_mails_are_limited_to_companies(client, db):
    mine, other = CompanyFactory(is_live=False), CompanyFactory(is_live=False)
    for company in (mine, other):
        make_invitation(company, allowed_emails=["anna@example.com"], send_email=True)
    member = may(UserFactory(is_superuser=False, is_limited=True), "view_storedmail")
    member.companies.add(mine)
    client.force_login(member)

    assert [row.company for row in client.get(reverse(LIST)).context["cl"].result_list] == [mine]
    hidden = reverse("admin:companies_storedmail_change", args=[StoredMail.objects.get(company=other).pk])
    assert client.get(hidden).status_code in {302, 404}
