"""New login details for an existing connection."""

from django.http import HttpResponse

from invitations.contributor.forms import RepairForm
from invitations.contributor.request import ContributorRequest
from invitations.contributor.results import show_result
from invitations.services.guards import ensure_active
from invitations.services.redemption import get_use
from invitations.services.repairs import repair_connection


def repair(request: ContributorRequest) -> HttpResponse:
    """The `connect` page of an invitation to repair: the provider is fixed, only the login is asked for."""
    connection = request.invitation.connection
    assert connection is not None  # noqa: S101 - a check constraint guarantees it
    form = RepairForm(request.data, connection=connection, proof=request.proof)
    if form.is_valid():
        with form.showing_refusals():
            form_id = form.cleaned_data["form_id"]
            repair_connection(
                request.invitation,
                form_id=form_id,
                credentials=form.credentials,
                consent=form.cleaned_data["consent"],
                proof=request.proof,
            )
            return show_result(request, get_use(request.invitation, form_id))
    ensure_active(request.invitation)
    return request.render_and_record_view("repair", form=form, connection=connection)
