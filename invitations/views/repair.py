"""What follows when the login details are not right, or not right any more."""

from contextlib import suppress

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters

from invitations.exceptions import InvitationRevoked, NothingToCorrect
from invitations.forms import LoginForm
from invitations.receipts import hand_receipt, read_receipt
from invitations.services import correct_credentials, refuse_unless_active, repair_connection
from invitations.views.visits import Visit, contributor_page


def repair(visit: Visit) -> HttpResponse:
    """The form of an invitation to repair: the provider stands fast, the login details are asked for."""
    connection = visit.invitation.connection
    assert connection is not None  # noqa: S101 - a check constraint has seen to it
    form = LoginForm(visit.posted, connection=connection)
    if form.is_valid():
        repaired = repair_connection(
            visit.invitation,
            submission=form.cleaned_data["submission"],
            credentials=form.credentials,
            proof=visit.proof,
        )
        return hand_receipt(visit.go("done"), visit.invitation, repaired)
    refuse_unless_active(visit.invitation)
    return visit.page("repair", form=form, connection=connection)


@contributor_page()
def state(visit: Visit) -> HttpResponse:
    """The state of the check, as a piece of the done page, for its script."""
    connection = read_receipt(visit.request, visit.invitation)
    if connection is None:
        return HttpResponse(status=204)
    return visit.page("_state", connection=connection, form=LoginForm(connection=connection))


@sensitive_post_parameters()
@contributor_page("POST")
def correct(visit: Visit) -> HttpResponse:
    """Login details put right by the browser that has just given the wrong ones; spends no use."""
    connection = read_receipt(visit.request, visit.invitation)
    if visit.posted is None or connection is None or not connection.can_be_mended:
        return visit.go("done")
    form = LoginForm(visit.posted, connection=connection)
    if form.is_valid():
        # where there is nothing to correct any more, the done page says how things stand
        with suppress(NothingToCorrect):
            correct_credentials(visit.invitation, connection, credentials=form.credentials)
        return visit.go("done")
    if visit.invitation.revoked_at:
        raise InvitationRevoked
    return visit.page("done", connection=connection, form=form)
