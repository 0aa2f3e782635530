"""Withdraw a consent: by the link in the receipt, or in the browser that submitted the form. It asks twice."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from companies.models import with_brand
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.models import Receipt, Use
from invitations.models.tokens import hash_token
from invitations.services.consent import withdraw_consent


def by_receipt(http: HttpRequest, token: str) -> ContributorRequest | None:
    """Find the use whose receipt has this token. The request has no other right to its invitation."""
    related = (*with_brand("use__invitation__company"), "use__invitation__connection__datasource")
    receipts = Receipt.objects.select_related(*related, "use__connection__datasource")
    receipt = receipts.filter(token_hash=hash_token(token)).first()
    return ContributorRequest(http, receipt.use.invitation, token, receipt=receipt) if receipt else None


@contributor_view(find=by_receipt)
def withdraw(request: ContributorRequest) -> HttpResponse:
    return _show(request, _use_of(request), confirm_url=reverse("confirm_withdraw", args=[request.token]))


@contributor_view("POST", find=by_receipt)
def confirm_withdraw(request: ContributorRequest) -> HttpResponse:
    return _confirm(request, _use_of(request), "withdraw")


@contributor_view()
def withdraw_result(request: ContributorRequest, use_id: UUID) -> HttpResponse:
    """Show the same to the browser that submitted the form."""
    use = request.result(use_id)
    if use is None:
        return request.redirect("result", use_id)
    return _show(request, use, confirm_url=reverse("confirm_withdraw_result", args=[request.token, use_id]))


@contributor_view("POST")
def confirm_withdraw_result(request: ContributorRequest, use_id: UUID) -> HttpResponse:
    use = request.result(use_id)
    if use is None:
        return request.redirect("result", use_id)
    return _confirm(request, use, "withdraw_result", use_id)


def _use_of(request: ContributorRequest) -> Use:
    assert request.receipt is not None  # noqa: S101 - the view was found by it
    use: Use = request.receipt.use
    return use


def _show(request: ContributorRequest, use: Use, *, confirm_url: str) -> HttpResponse:
    return request.render("withdraw", result=use, connection=use.target, confirm_url=confirm_url)


def _confirm(request: ContributorRequest, use: Use, page: str, *args: object) -> HttpResponse:
    if request.data is not None:
        withdraw_consent(use)
    elif use.withdrawn_at is None:
        page_url = reverse(page, args=[request.token, *args])
        return request.render("withdraw_confirm", connection=use.target, page_url=page_url)
    return request.redirect(page, *args)
