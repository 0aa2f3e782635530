"""From the invitation to the done page."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from config.privacy import keep_private
from connections.models import Datasource
from invitations.forms import ConnectForm, LoginForm
from invitations.receipts import hand_receipt
from invitations.services import redeem_invitation, refuse_unless_active, refuse_unproved
from invitations.views.repair import repair
from invitations.views.visits import Visit, contributor_page

MAX_SUGGESTIONS = 8


@contributor_page()
def invitation(visit: Visit) -> HttpResponse:
    """Who asks, what for, until when, and what will happen with the password."""
    refuse_unless_active(visit.invitation)
    return visit.open("invitation", proof=visit.proof, is_proved=visit.is_proved)


@require_safe
def copied(request: HttpRequest, token: str) -> HttpResponse:
    """A link that was copied with the end of its sentence: on to the link alone."""
    return keep_private(redirect("invitation", token))


@sensitive_post_parameters()
@contributor_page("POST")
def connect(visit: Visit) -> HttpResponse:
    """The form, and what it saves."""
    proof = visit.proof
    refuse_unproved(visit.invitation, proof)
    if visit.invitation.repairs:
        return repair(visit)
    form = ConnectForm(visit.invitation, visit.posted, proof=proof)
    if form.is_valid():
        with form.showing_refusals():
            connection = redeem_invitation(
                visit.invitation,
                submission=form.cleaned_data["submission"],
                account=form.account,
                credentials=form.credentials,
                proof=proof,
            )
            return hand_receipt(visit.go("done"), visit.invitation, connection, proof)
    refuse_unless_active(visit.invitation)
    return visit.open("connect", form=form)


@contributor_page()
def done(visit: Visit) -> HttpResponse:
    """What was connected, to the browser that connected it."""
    receipt = visit.receipt
    connection = receipt.connection if receipt else None
    form = LoginForm(connection=connection) if receipt and receipt.can_be_corrected else None
    return visit.page("done", receipt=receipt, connection=connection, form=form)


@contributor_page()
def providers(visit: Visit) -> HttpResponse:
    """Providers whose name fits `?query=`, as JSON for the page's script."""
    refuse_unless_active(visit.invitation)
    query = visit.request.GET.get("query", "").replace("\x00", "")[:100]
    found = Datasource.objects.search(query)[:MAX_SUGGESTIONS] if query.strip() else []
    suggestions = [
        {"id": str(each.pk), "name": each.name, "host": each.host, "country": each.country, "asksFor": each.asks_for}
        for each in found
    ]
    return JsonResponse({"datasources": suggestions})
