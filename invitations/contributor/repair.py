"""New login details: for an invitation to repair, or right after the provider refused the first ones."""

from contextlib import suppress

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters

from invitations.contributor.forms import LoginForm
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.contributor.result_cookie import set_result_cookie
from invitations.exceptions import NothingToCorrect
from invitations.services.guards import ensure_active, ensure_correctable
from invitations.services.repairs import correct_credentials, repair_connection


def repair(request: ContributorRequest) -> HttpResponse:
    """The `connect` page of an invitation to repair: the provider is fixed, only the login is asked for."""
    connection = request.invitation.connection
    assert connection is not None  # noqa: S101 - a check constraint guarantees it
    proof = request.proof
    form = LoginForm(request.data, connection=connection)
    if form.is_valid():
        with form.showing_refusals():
            repaired = repair_connection(
                request.invitation,
                form_id=form.cleaned_data["form_id"],
                credentials=form.credentials,
                proof=proof,
            )
            return set_result_cookie(request.redirect("done"), request.invitation, repaired, proof)
    ensure_active(request.invitation)
    return request.render_and_record_view("repair", form=form, connection=connection)


@contributor_view()
def state(request: ContributorRequest) -> HttpResponse:
    """Show the part of the done page that its script reloads: the state of the check."""
    result = request.result
    if result is None:
        return HttpResponse(status=204)
    form = LoginForm(connection=result.connection) if result.may_be_corrected else None
    return request.render("_state", result=result, connection=result.connection, form=form)


@sensitive_post_parameters()
@contributor_view("POST")
def correct(request: ContributorRequest) -> HttpResponse:
    """Correct the login from the browser that submitted it. Does not count as a use."""
    result = request.result
    if request.data is None or result is None or not result.connection.is_repairable:
        return request.redirect("done")
    connection = result.connection
    form = LoginForm(request.data, connection=connection)
    if form.is_valid():
        with form.showing_refusals():
            # the done page shows the state, which needs no correction
            with suppress(NothingToCorrect):
                correct_credentials(request.invitation, connection, credentials=form.credentials, email=result.email)
            return request.redirect("done")
    ensure_correctable(request.invitation, result.email)
    return request.render("done", result=result, connection=connection, form=form)
