"""From the invitation to the done page."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from config.http.headers import set_private_headers
from connections.models import Datasource
from invitations.contributor.forms import ConnectForm, LoginForm
from invitations.contributor.repair import repair
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.contributor.result_cookie import hand_receipt
from invitations.services.guards import ensure_active, ensure_verified
from invitations.services.redemption import redeem_invitation

MAX_SUGGESTIONS = 8


@contributor_view()
def invitation(visit: ContributorRequest) -> HttpResponse:
    """Who asks, what for, until when, and what will happen with the password."""
    ensure_active(visit.invitation)
    return visit.open("invitation", proof=visit.proof, is_proved=visit.is_proved)


@require_safe
def copied(request: HttpRequest, token: str) -> HttpResponse:
    """A link that was copied with the end of its sentence: on to the link alone."""
    return set_private_headers(redirect("invitation", token))


@sensitive_post_parameters()
@contributor_view("POST")
def connect(visit: ContributorRequest) -> HttpResponse:
    """The form, and what it saves."""
    proof = visit.proof
    ensure_verified(visit.invitation, proof)
    if visit.invitation.repairs:
        return repair(visit)
    form = ConnectForm(visit.invitation, visit.posted, proof=proof)
    if form.is_valid():
        with form.showing_refusals():
            connection = redeem_invitation(
                visit.invitation,
                form_id=form.cleaned_data["form_id"],
                account=form.account,
                credentials=form.credentials,
                proof=proof,
            )
            return hand_receipt(visit.go("done"), visit.invitation, connection, proof)
    ensure_active(visit.invitation)
    return visit.open("connect", form=form)


@contributor_view()
def done(visit: ContributorRequest) -> HttpResponse:
    """What was connected, to the browser that connected it."""
    receipt = visit.receipt
    connection = receipt.connection if receipt else None
    form = LoginForm(connection=connection) if receipt and receipt.can_be_corrected else None
    return visit.page("done", receipt=receipt, connection=connection, form=form)


@contributor_view()
def providers(visit: ContributorRequest) -> HttpResponse:
    """Providers whose name fits `?query=`, as JSON for the page's script."""
    ensure_active(visit.invitation)
    query = visit.request.GET.get("query", "")[:100]
    found = Datasource.objects.search(query)[:MAX_SUGGESTIONS] if query.strip() else []
    suggestions = [
        {"id": str(each.pk), "name": each.name, "host": each.host, "country": each.country, "asksFor": each.asks_for}
        for each in found
    ]
    return JsonResponse({"datasources": suggestions})
