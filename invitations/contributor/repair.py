"""What follows when the login details are not right, or not right any more."""

from contextlib import suppress

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters

from invitations.contributor.forms import LoginForm
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.contributor.result_cookie import hand_receipt
from invitations.exceptions import NothingToCorrect
from invitations.services.guards import ensure_active, ensure_correctable
from invitations.services.repairs import correct_credentials, repair_connection


def repair(visit: ContributorRequest) -> HttpResponse:
    """The form of an invitation to repair: the provider stands fast, the login details are asked for."""
    connection = visit.invitation.connection
    assert connection is not None  # noqa: S101 - a check constraint has seen to it
    proof = visit.proof
    form = LoginForm(visit.posted, connection=connection)
    if form.is_valid():
        with form.showing_refusals():
            repaired = repair_connection(
                visit.invitation,
                form_id=form.cleaned_data["form_id"],
                credentials=form.credentials,
                proof=proof,
            )
            return hand_receipt(visit.go("done"), visit.invitation, repaired, proof)
    ensure_active(visit.invitation)
    return visit.open("repair", form=form, connection=connection)


@contributor_view()
def state(visit: ContributorRequest) -> HttpResponse:
    """The state of the check, as a piece of the done page, for its script."""
    receipt = visit.receipt
    if receipt is None:
        return HttpResponse(status=204)
    form = LoginForm(connection=receipt.connection) if receipt.can_be_corrected else None
    return visit.page("_state", receipt=receipt, connection=receipt.connection, form=form)


@sensitive_post_parameters()
@contributor_view("POST")
def correct(visit: ContributorRequest) -> HttpResponse:
    """Login details put right by the browser that has just given the wrong ones; spends no use."""
    receipt = visit.receipt
    if visit.posted is None or receipt is None or not receipt.connection.is_repairable:
        return visit.go("done")
    connection = receipt.connection
    form = LoginForm(visit.posted, connection=connection)
    if form.is_valid():
        with form.showing_refusals():
            # where there is nothing to correct any more, the done page says how things stand
            with suppress(NothingToCorrect):
                correct_credentials(visit.invitation, connection, credentials=form.credentials, email=receipt.email)
            return visit.go("done")
    ensure_correctable(visit.invitation, receipt.email)
    return visit.page("done", receipt=receipt, connection=connection, form=form)
