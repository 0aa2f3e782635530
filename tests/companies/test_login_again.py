"""A login that ends under a form: staff log in again, and the form shows what they typed."""

import re
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from companies.login_throttle import PAIR_LIMIT, unlock
from companies.models import Company
from config.http import kept_entries
from invitations.models import Invitation
from tests.companies.authenticators import code_of, set_up
from tests.companies.second_factor.pages import PASSWORD, address
from tests.factories import UserFactory, make_connection, make_invitation
from tests.invitations.admin.create.pages import ADD, form_data

TYPED = "Please connect the bakery of Doe & Söhne"
BATCH = reverse("admin:invitations_batch_add")


def owner_of(client, path):
    return hidden(client.get(path), kept_entries.OWNER_FIELD)


def hidden(response, name):
    found = re.search(rf'name="{name}" value="([^"]+)"', response.content.decode())
    return found and found[1]


def post_logged_out(user, path=ADD, client=None, **fields):
    """Open the form as `user`, lose the session, and send it. Returns the client and the response."""
    client = client or Client()
    client.force_login(user)
    fields |= {kept_entries.OWNER_FIELD: owner_of(client, path)}
    client.cookies.clear()
    return client, client.post(path, fields)


def log_in_again(client, response, user):
    fields = {"username": user.email, "password": PASSWORD, "next": hidden(response, "next").replace("&amp;", "&")}
    return client.post(address("login"), fields | {"kept": hidden(response, "kept")})


def shown(client, response):
    return client.get(response.url).content.decode()


def test_entries_survive_login_and_code(mary, company):
    client, answer = post_logged_out(mary, **form_data(company, message=TYPED), password="hunter2 hunter2")
    factor, _codes = set_up(mary)
    assert answer.status_code == 403
    assert "a login lasts 12 hours" in answer.content.decode()
    assert TYPED not in answer.content.decode()
    wrong = client.post(address("login"), {"username": mary.email, "password": "wrong", "kept": hidden(answer, "kept")})
    assert hidden(wrong, "kept") == hidden(answer, "kept")
    to_code = client.get(log_in_again(client, answer, mary).url, follow=True).redirect_chain[-1][0]
    page = shown(client, client.post(to_code, {"code": code_of(factor)}))

    assert "Doe &amp; Söhne" in page
    assert f'<option value="{company.pk}" selected>' in page
    assert "Nothing was saved yet" in page
    entries = kept_entries._decrypt(client.session["kept"], SimpleNamespace(user=mary))
    assert ("message=" in entries.text, "hunter2" in entries.text) == (True, False)
    assert "errornote" not in page
    assert not Invitation.objects.exists()


def test_entries_survive_a_locked_login(mary, company, quick_passwords):
    client, answer = post_logged_out(mary, **form_data(company, message=TYPED))
    waiting = {name: hidden(answer, name) for name in ("kept", "next")}
    for _ in range(PAIR_LIMIT):
        locked = client.post(address("login"), waiting | {"username": mary.email, "password": "wrong"})
    assert locked.status_code == 429
    assert {name: hidden(locked, name) for name in waiting} == waiting
    page = client.post(address("login"), waiting)
    assert (page.status_code, "your entries are kept" in page.content.decode()) == (200, True)
    unlock(mary.email)
    assert "Söhne" in shown(client, log_in_again(client, page, mary))


def test_entries_are_shown_once_per_form(mary, company):
    client, answer = post_logged_out(mary, **form_data(company, message=TYPED))
    back = log_in_again(client, answer, mary).url

    assert "Söhne" in client.get(back).content.decode()
    assert "Söhne" in client.get(back).content.decode()  # a reload
    assert "Söhne" not in client.get(ADD).content.decode()
    client.post(back, form_data(company) | {"_link": "1"})
    assert "Söhne" not in client.get(back).content.decode()
    assert Invitation.objects.count() == 1


def test_without_cookies_staff_log_in_again(mary, company):
    client, answer = post_logged_out(mary, client=Client(enforce_csrf_checks=True), **form_data(company, message=TYPED))
    assert "your entries are kept" in answer.content.decode()
    token = hidden(answer, "csrfmiddlewaretoken")
    fields = {
        "username": mary.email,
        "password": PASSWORD,
        "next": hidden(answer, "next"),
        "csrfmiddlewaretoken": token,
    }
    back = client.post(address("login"), fields | {"kept": hidden(answer, "kept")})

    assert "Söhne" in shown(client, back)


def test_login_in_another_tab_keeps_entries(mary, company):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mary)
    fields = form_data(company, message=TYPED) | {kept_entries.OWNER_FIELD: owner_of(client, ADD)}
    answer = client.post(ADD, fields)

    assert answer.status_code == 302
    assert "Söhne" in shown(client, answer)
    assert not Invitation.objects.exists()


def test_entries_are_for_same_user(mary, company, quick_passwords):
    client, answer = post_logged_out(UserFactory(), **form_data(company, message=TYPED))
    back = client.get(log_in_again(client, answer, mary).url).content.decode()

    assert "Söhne" not in back
    assert "another member of staff" in back


def test_forged_owner_keeps_nothing(mary, company, client):
    client.force_login(mary)
    of_another_page = owner_of(client, BATCH)
    client.cookies.clear()
    for owner in ("", "made-up", of_another_page):
        answer = client.post(ADD, form_data(company, message=TYPED) | {kept_entries.OWNER_FIELD: owner})
        assert (answer.status_code, hidden(answer, "kept")) == (403, None), owner
        assert "do it once more" in answer.content.decode()


def test_action_of_list_leads_back(mary, client):
    lists = "/admin/invitations/invitation/"
    wanted = {
        f"http://testserver{lists}?q=anna": f"http://testserver{lists}?q=anna",
        "https://evil.example/": "/admin/",
    }
    urls = {}
    for referer in wanted:
        answer = client.post(lists, {"action": "revoke_selected"}, headers={"Referer": referer})
        fields = {"username": mary.email, "password": PASSWORD, "next": hidden(answer, "next")}
        urls[referer] = client.post(address("login"), fields).url
        client.logout()
    assert urls == wanted


def test_file_must_be_chosen_again(mary, company):
    file = SimpleUploadedFile("people.csv", b"email\nanna@example.com\n")
    client, answer = post_logged_out(mary, BATCH, company=company.pk, file=file, message=TYPED)
    assert "Only the file has to be chosen again" in answer.content.decode()
    page = shown(client, log_in_again(client, answer, mary))

    assert "Doe &amp; Söhne" in page
    assert "Choose the file again." in page


def test_password_forms_keep_nothing(mary, client):
    client.force_login(mary)
    paths = [reverse("admin:password_change"), reverse("admin:auth_user_password_change", args=[mary.pk])]
    assert {path: owner_of(client, path) for path in paths} == dict.fromkeys(paths)


def test_too_long_entries_are_not_kept(mary, company):
    client, answer = post_logged_out(mary, **form_data(company, message="x" * kept_entries.MAX_ENTRIES_BYTES))

    assert "too long to be kept" in answer.content.decode()
    assert "enter everything once more" in shown(client, log_in_again(client, answer, mary))


def test_unticked_boxes_stay_unticked(mary):
    invitation = make_invitation(allowed_emails=["anna@example.com"])
    path = reverse("admin:invitations_invitation_resend", args=[invitation.pk])
    client, answer = post_logged_out(mary, path)
    page = shown(client, log_in_again(client, answer, mary))

    assert ("your entries are back" in page, "checked" in page) == (True, False)


def test_confirmations_show_kept_entries(admin_user):
    admin_user.set_password(PASSWORD)
    admin_user.save()
    pages = {
        reverse("admin:connections_connection_disable", args=[make_connection().pk]): "reason",
        reverse("admin:invitations_invitation_personal_data"): "address",
    }
    for path, field in pages.items():
        client, answer = post_logged_out(admin_user, path, **{field: "Typed"})
        assert 'value="Typed"' in shown(client, log_in_again(client, answer, admin_user)), path


@pytest.mark.parametrize("page", ["revoke", "extend", "limits"])
def test_actions_show_kept_entries(mary, page):
    invitation = make_invitation()
    path = reverse(f"admin:invitations_invitation_{page}", args=[invitation.pk])
    field = {"revoke": "reason", "extend": "day", "limits": "allowed_emails"}[page]
    client, answer = post_logged_out(mary, path, **{field: "2031-01-02"})

    assert "2031-01-02" in shown(client, log_in_again(client, answer, mary))
    invitation.refresh_from_db()
    assert invitation.revoked_at is None


def test_change_forms_show_kept_entries(mary, company):
    path = reverse("admin:companies_company_change", args=[company.pk])
    client, answer = post_logged_out(mary, path, name="Renamed")

    assert 'value="Renamed"' in shown(client, log_in_again(client, answer, mary))
    assert not Company.objects.filter(name="Renamed").exists()


def test_rejected_login_shows_fresh_form(mary, company):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(address("login"), {"username": mary.email, "password": PASSWORD, "kept": "abc"})

    assert (answer.status_code, hidden(answer, "kept")) == (403, "abc")
    assert "log in once more" in answer.content.decode()


def test_staff_read_own_words(client, mary):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mary)
    answer = client.post(ADD, {})

    assert answer.status_code == 403
    assert "Open the page again" in answer.content.decode()
    assert "the link from your message" not in answer.content.decode()


def test_preview_says_that_login_ended(client, company):
    path = reverse("admin:invitations_invitation_preview", args=["mail"])
    answer = client.post(path, form_data(company), headers={"Sec-Fetch-Dest": "iframe"})

    assert (answer.status_code, answer["X-Frame-Options"]) == (403, "SAMEORIGIN")
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "You were logged out" in answer.content.decode()
