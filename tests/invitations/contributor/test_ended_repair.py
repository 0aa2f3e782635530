"""Pages of invitations to repair that ended with their purpose, and of a company that is not active."""

import pytest

from companies.actors import SYSTEM
from companies.services.companies import update_company
from connections.models.status import Status
from connections.services.closing import delete_connection
from connections.services.connections import report_status
from invitations.exceptions import InvitationRecovered
from invitations.models import Invitation
from invitations.services.guards import ensure_correctable
from invitations.services.invitations import create_repair_invitation
from invitations.services.repairs import follow_status
from tests.factories import make_connection, make_invitation
from tests.invitations.answers import page
from tests.invitations.repairs import read

pytestmark = pytest.mark.django_db


def shown(client, invitation):
    """Headings of the pages before and after the job."""
    pages = [read(client.get(page(invitation, name)), 410) for name in ("", "connect")]
    if invitation.connection_id:
        follow_status(invitation.connection_id)
        pages.append(read(client.get(page(invitation)), 410))
        assert Invitation.objects.get(pk=invitation.pk).status == "REVOKED"
    return {content[content.index("<h1>") + 4 : content.index("</h1>")] for content in pages}


def test_ended_repairs_say_why(client, company):
    used = create_repair_invitation(make_connection(company), by=SYSTEM)
    Invitation.objects.filter(pk=used.pk).update(use_count=1)
    report_status(used.connection, Status.CONNECTED, by=SYSTEM)
    deleted = create_repair_invitation(make_connection(company), by=SYSTEM)
    delete_connection(deleted.connection, by=SYSTEM)

    assert shown(client, used) == {"The login was repaired"}
    assert shown(client, deleted) == {"The login is not needed any more"}


def test_recovered_page_survives_the_next_break(client, company):
    used = create_repair_invitation(make_connection(company), by=SYSTEM)
    Invitation.objects.filter(pk=used.pk).update(use_count=1)
    report_status(used.connection, Status.CONNECTED, by=SYSTEM)
    follow_status(used.connection_id)
    report_status(used.connection, Status.PASSWORD_INCORRECT, by=SYSTEM)

    content = read(client.get(page(used)), 410)

    assert "The login was repaired" in content
    assert "If the login has to be changed once more" in content
    with pytest.raises(InvitationRecovered):  # not as if it had been revoked
        ensure_correctable(Invitation.objects.get(pk=used.pk), None)


def test_links_of_inactive_company_are_paused(client, company):
    invitation = make_invitation(company)
    update_company(company, is_active=False)

    assert shown(client, invitation) == {"This invitation is paused"}
    update_company(company, is_active=True)
    assert client.get(page(invitation)).status_code == 200


def test_only_the_contributor_message_is_shown(client, company):
    connection = make_connection(company)
    texts = {"error_detail": "HTTP 403 from proxy 7", "contributor_message": "Log in <b>there</b>\nfirst."}
    report_status(connection, Status.PASSWORD_INCORRECT, by=SYSTEM, **texts)

    content = read(client.get(page(create_repair_invitation(connection, by=SYSTEM))), 200)

    assert "HTTP 403" not in content
    assert "Log in &lt;b&gt;there&lt;/b&gt;<br>first." in content
