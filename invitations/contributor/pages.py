"""The pages from the invitation to the end."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from companies.services.sites import SiteNames
from config.http.headers import set_private_headers
from connections.models import Datasource
from invitations.contributor.forms import ConnectForm
from invitations.contributor.forms.sites import offered_sites
from invitations.contributor.repair import repair
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.contributor.results import show_result
from invitations.exceptions import ConnectedBefore
from invitations.models.tokens import token_of_copied
from invitations.services.guards import ensure_active, ensure_verified
from invitations.services.rate_limits import check_rate_limit
from invitations.services.redemption import redeem_invitation

MAX_SUGGESTIONS = 8
MAX_QUERY = 100
SEARCHES_PER_MINUTE = 120  # one person types less; several may share a network


@contributor_view()
def invitation(request: ContributorRequest) -> HttpResponse:
    ensure_active(request.invitation)
    return request.render_and_record_view(
        "invitation", proof=request.proof, is_verified=request.is_verified, results=request.results
    )


@require_safe
def copied(request: HttpRequest, copied: str) -> HttpResponse:
    """Redirect a link that was copied with the punctuation around it. Looks nothing up."""
    return set_private_headers(redirect("invitation", token_of_copied(copied)))


@sensitive_post_parameters()
@contributor_view("POST")
def connect(request: ContributorRequest) -> HttpResponse:
    ensure_verified(request.invitation, request.proof)
    if request.invitation.repairs:
        return repair(request)
    form = ConnectForm(request.invitation, request.data, proof=request.proof)
    if form.is_valid():
        with form.showing_refusals():
            return _save(request, form)
    ensure_active(request.invitation)
    return request.render_and_record_view("connect", form=form)


def _save(request: ContributorRequest, form: ConnectForm) -> HttpResponse:
    try:
        connection = redeem_invitation(
            request.invitation,
            form_id=form.cleaned_data["form_id"],
            account=form.account,
            credentials=form.credentials,
            proof=request.proof,
            again=form.cleaned_data["again"],
        )
    except ConnectedBefore as error:
        form.ask_again(error.use_id)
        return request.render("connect", form=form, earlier=request.result(error.use_id))
    return show_result(request, connection.use)


@contributor_view()
def providers(request: ContributorRequest) -> HttpResponse:
    """JSON with the providers that match `?query=`, for the page's script. 429 for too many searches of a client."""
    ensure_active(request.invitation)
    check_rate_limit(f"providers:{request.client}", limit=SEARCHES_PER_MINUTE, per=timedelta(minutes=1))
    query = request.http.GET.get("query", "")[:MAX_QUERY]
    found = Datasource.objects.search(query)[:MAX_SUGGESTIONS] if query.strip() else []
    suggestions = [
        {"id": str(each.pk), "name": each.name, "host": each.host, "country": each.country, "asksFor": each.asks_for}
        for each in found
    ]
    return JsonResponse({"datasources": suggestions})


@contributor_view()
def sites(request: ContributorRequest) -> HttpResponse:
    """JSON with the labels of sites that match `?query=`, for visitors who may see the form."""
    ensure_active(request.invitation)
    ensure_verified(request.invitation, request.proof)
    check_rate_limit(f"sites:{request.client}", limit=SEARCHES_PER_MINUTE, per=timedelta(minutes=1))
    is_locked = request.invitation.prefilled.is_locked("initial_sites")
    names = SiteNames(() if is_locked else offered_sites(request.invitation))
    query = request.http.GET.get("query", "")[:MAX_QUERY]
    return JsonResponse({"sites": names.suggest(query, limit=MAX_SUGGESTIONS)})
