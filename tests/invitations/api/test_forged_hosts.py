"""URLs are built from `PUBLIC_URL`, never from headers. Only configured proxies are trusted."""

import pytest

from tests.factories import make_invitation

EVIL = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-For": "::1",
}
ANNA = "anna@example.com"


@pytest.fixture
def any_host(settings):
    """An installation that accepts every host name."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://connect.example.org"


def test_responses_do_not_repeat_forged_hosts(any_host, api, company):
    path = f"invitation/company/{company.pk}"
    made = api.client.post(f"/v2/{path}", {}, content_type="application/json", headers=EVIL)
    assert made.json()["invitationUrl"].startswith("https://connect.example.org/p/i/")
    answers = [made]
    for where in (path, f"invitation/{made.json()['id']}", "ping", "nothing", "company"):
        answers.append(api.client.get(f"/v2/{where}", headers=EVIL))
    for name in ("rotate", "revoke"):
        answers.append(api.client.post(f"/v2/invitation/{made.json()['id']}/{name}", headers=EVIL))
    for answer in answers:
        assert b"evil.example" not in answer.content, answer.request["PATH_INFO"]
        assert "evil.example" not in str(answer.headers)


def test_mails_do_not_repeat_forged_hosts(any_host, company, api, worker, mail_server):
    body = {"allowedEmails": [ANNA], "sendEmail": True}
    api.client.post(f"/v2/invitation/company/{company.pk}", body, content_type="application/json", headers=EVIL)
    invitation = company.invitations.get()
    verify = f"/p/i/{invitation.token}/verify"
    assert api.client.post(verify, {"email": ANNA}, headers=EVIL).status_code == 302
    worker()
    assert len(mail_server.mails) == 2
    for mail in mail_server.mails:
        assert b"evil" not in mail.content
    assert any("https://connect.example.org/p/i/" in mail.text for mail in mail_server.mails)


@pytest.mark.parametrize(("proxies", "secure"), [(0, False), (1, True)])
def test_scheme_is_trusted_from_proxies_only(client, company, settings, proxies, secure):
    # a trusted https request is not redirected to https
    settings.SECURE_SSL_REDIRECT = True
    settings.TRUSTED_PROXIES = proxies
    answer = client.get(f"/p/i/{make_invitation(company).token}", headers={"X-Forwarded-Proto": "https"})
    assert (answer.status_code == 200) is secure
