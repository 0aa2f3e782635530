"""Metrics, traces and reports of errors have names of routes, tasks and statements, and no secret."""

from django.test import Client
from prometheus_client import generate_latest

from config.job_monitoring import measure_job, trace_job
from config.jobs import defer
from invitations.models import Invitation, PersonalLink
from tests.collector import collecting, flush
from tests.conftest import Api
from tests.counting import started
from tests.factories import CompanyFactory, make_full_key
from tests.invitations.answers import PASSWORD, answers, page
from tests.invitations.contributor.steps import ANNA, enter_code, newest_code
from tests.secrecy import forms_of
from tests.worker import worker

__all__ = ["worker"]

PARTNER, NETWORK, AGENT, NOTE = "Hush Partners", "203.0.113.77", "agent-of-anna", "a note between us"
OF_A_ROW, OF_A_JOB = "written in a row", "written for a job"


def break_prefill(invitation: Invitation, secret: str) -> None:
    """Write a row that no code of ours writes. The exception of its reader contains the secret."""
    Invitation.objects.filter(pk=invitation.pk).update(prefill={secret: "x"})


def journey(worker) -> list[str]:
    """Go through everything with secrets, and end with errors of a request and of a job. Return the secrets."""
    company = CompanyFactory(partner__name=PARTNER)
    key = make_full_key(company)[1]
    given = {"allowedEmails": [ANNA], "sendEmail": True, "message": NOTE}
    created = Api(key).post(f"invitation/company/{company.pk}", given)
    assert created.status_code == 201
    invitation = Invitation.objects.get()
    browser = Client(raise_request_exception=False, headers={"User-Agent": AGENT}, REMOTE_ADDR=NETWORK)
    browser.get(page(invitation))
    browser.post(page(invitation, "verify"), {"email": ANNA})
    worker(worker_middleware=[trace_job, measure_job])
    digits = newest_code(invitation).digits
    assert enter_code(browser, invitation, digits).status_code == 302
    break_prefill(invitation, OF_A_ROW)
    assert browser.post(page(invitation, "connect"), answers()).status_code == 500
    Api(key).post(f"invitation/{invitation.pk}/resend")
    PersonalLink.objects.update(encrypted_token=b"of another key")
    defer("invitations.tasks.follow_status", {OF_A_JOB: 1})  # its exception names the argument
    worker(worker_middleware=[trace_job, measure_job])
    cookies = [cookie.value for cookie in browser.cookies.values() if cookie.value]
    return [
        key,
        invitation.token,
        digits,
        PASSWORD,
        ANNA,
        PARTNER,
        NETWORK,
        AGENT,
        NOTE,
        "riverside",
        OF_A_ROW,
        OF_A_JOB,
        *cookies,
    ]


def test_collectors_get_names_and_no_secrets(worker, monkeypatch):
    with started() as registry, collecting(monkeypatch) as collector:
        secrets = journey(worker)
        flush()
        sent = collector.everything + generate_latest(registry)
        paths = set(collector.received)

    assert paths == {"/v1/traces", "/api/1/envelope/"}
    text = sent.decode("utf-8", errors="replace")
    for name in (
        "POST /v2/invitation/company/<uuid:company_id>",
        "POST /p/i/<str:token>/connect",
        "invitations.tasks.send_invitation",
        "SELECT",
        "KeyError",
        "builtins.TypeError",
        "%s failed and will be tried again",
        "a mail could not be built",
        "invitations/models/prefill.py",
        "jobs queued",
        "latchkey.request_id",
        'latchkey_jobs_total{result="retried",task="invitations.tasks.follow_status"} 1.0',
    ):
        assert name in text, name
    found = {secret for secret in secrets if any(form in text for form in forms_of(secret))}
    assert found == set()
