"""The pages from the invitation to the end."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from companies.services.sites import SiteNames
from config.http.headers import set_private_headers
from connections.models import Datasource
from invitations.contributor.drafts import find_offered_draft, keep_unsent
from invitations.contributor.forms import ConnectForm
from invitations.contributor.forms.sites import offered_sites
from invitations.contributor.provider_help import help_for, username_label
from invitations.contributor.repair import repair
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.contributor.results import show_result
from invitations.exceptions import ConnectedBefore
from invitations.first_page import first_page_context
from invitations.models.tokens import token_of_copied
from invitations.services.form_drafts import FIELDS
from invitations.services.guards import ensure_active, ensure_verified
from invitations.services.rate_limits import check_rate_limit
from invitations.services.redemption import redeem_invitation

MAX_SUGGESTIONS = 8
MAX_QUERY = 100
SEARCHES_PER_MINUTE = 120  # one person types less; several may share a network


@contributor_view()
def invitation(request: ContributorRequest) -> HttpResponse:
    ensure_active(request.invitation)
    context = first_page_context(
        request.invitation,
        request.token,
        is_verified=request.is_verified,
        has_link=request.link is not None,
        has_results=bool(request.results),
    )
    # a stranger with the link must not learn them
    shows_details = not request.invitation.is_restricted or request.proof is not None
    return request.render_and_record_view(
        "invitation", **context, proof=request.proof, results=request.results, shows_details=shows_details
    )


@require_safe
def copied(request: HttpRequest, copied: str) -> HttpResponse:
    """Redirect a link that was copied with the punctuation around it. Looks nothing up."""
    return set_private_headers(redirect("invitation", token_of_copied(copied)))


@sensitive_post_parameters()
@contributor_view("POST", resumes=("form_id", "verified", "consent", "shown_draft", *FIELDS, "username"))
@keep_unsent
def connect(request: ContributorRequest) -> HttpResponse:
    ensure_verified(request.invitation, request.proof)
    if request.invitation.repairs:
        return repair(request)
    draft = find_offered_draft(request)
    form = ConnectForm(request.invitation, request.data, proof=request.proof, draft=draft)
    if form.is_valid():
        with form.showing_refusals():
            return _save(request, form)
    ensure_active(request.invitation)
    form.offer_sites()
    return request.render_and_record_view("connect", form=form)


def _save(request: ContributorRequest, form: ConnectForm) -> HttpResponse:
    try:
        connection = redeem_invitation(
            request.invitation,
            form_id=form.cleaned_data["form_id"],
            account=form.account,
            credentials=form.credentials,
            consent=form.cleaned_data["consent"],
            proof=request.proof,
            again=form.cleaned_data["again"],
            shown_draft=form.cleaned_data.get("shown_draft"),
        )
    except ConnectedBefore as error:
        form.ask_again(error.use_id)
        form.offer_sites()
        return request.render("connect", form=form, earlier=request.result(error.use_id))
    return show_result(request, connection.use)


@contributor_view()
def providers(request: ContributorRequest) -> HttpResponse:
    """JSON with the providers that match `?query=`, for the page's script. 429 for too many searches of a client."""
    ensure_active(request.invitation)
    check_rate_limit(f"providers:{request.client}", limit=SEARCHES_PER_MINUTE, per=timedelta(minutes=1))
    query = request.http.GET.get("query", "")[:MAX_QUERY]
    near = request.invitation.prefilled.country
    found = Datasource.objects.search(query, near=near)[:MAX_SUGGESTIONS] if query.strip() else []
    return JsonResponse({"datasources": [_suggestion(each) for each in found]})


def _suggestion(datasource: Datasource) -> dict[str, Any]:
    known = help_for(datasource)
    return {
        "id": str(datasource.pk),
        "name": datasource.name,
        "host": datasource.host,
        "country": datasource.country,
        "asksFor": datasource.asks_for,
        "usernameLabel": str(username_label(datasource)),
        "help": " ".join(known.sentences) if known else "",
        "resetUrl": known.reset_url if known else None,
        "resetHost": known.reset_host if known else "",
    }


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
