"""Verify an address: by the button of a personal link, or by a code."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.core import signing
from django.http import HttpResponse

from config.exceptions import DomainError
from invitations.contributor.cookies import delete_cookie, read_cookie, set_cookie
from invitations.contributor.forms import AddressForm, CodeForm
from invitations.contributor.request import ContributorRequest, contributor_view, with_retry_after
from invitations.exceptions import InvitationClosed, LinkUsedInAnotherBrowser, RateLimitExceeded
from invitations.models import VerificationCode
from invitations.services.guards import ensure_active
from invitations.services.verification.codes import check_code, request_code
from invitations.services.verification.proofs import use_personal_link

ADDRESS_AGE_SECONDS = 60 * 60
MAX_REMEMBERED_CODES = 3  # a mail may be slow, so the codes before it still work


@contributor_view("POST", resumes=("email",))
def verify(request: ContributorRequest) -> HttpResponse:
    """Ask for an address and request a code. The response never reveals whether the address is allowed."""
    ensure_active(request.invitation)
    if not request.invitation.is_restricted or request.is_verified:
        return request.redirect("connect")
    uses_link = request.data is not None and request.link is not None and "email" not in request.data
    form, error = AddressForm(None if uses_link else request.data), None
    if uses_link or form.is_valid():
        try:
            requested = request_code(
                request.invitation, _address(request, form), client=request.client, link=request.link
            )
        except RateLimitExceeded as raised:
            error = raised
        else:
            return _remember_request(request, requested, typed=form.data.get("email", ""))
    context = {"form": form, "error": error, "requested": _remembered(request), "lost_proof": request.lost_proof}
    return with_retry_after(request.render_and_record_view("verify", expired=request.expired_proof, **context), error)


@contributor_view("POST")
def code(request: ContributorRequest) -> HttpResponse:
    ensure_active(request.invitation)
    remembered, error = _remembered(request), None
    if not remembered.codes:
        return request.redirect("verify")
    form = CodeForm(request.data)
    if form.is_valid():
        email = _address(request, AddressForm({"email": remembered.typed} if remembered.typed else None))
        digits, secret = form.cleaned_data["code"], request.proof_secret
        try:
            _, secret = check_code(request.invitation, email, digits, requested=remembered.codes, secret=secret)
        except InvitationClosed:
            raise
        except DomainError as raised:
            error = raised
            form.add_error("code", error.detail)
        else:
            return _go_on(request, secret)
    return with_retry_after(request.render("code", form=form, typed=remembered.typed), error)


@contributor_view("POST")
def accept_link(request: ContributorRequest) -> HttpResponse:
    """Handle the button of a personal link. A POST shows that the visitor has read the mail."""
    ensure_active(request.invitation)
    if request.data is None:
        return request.redirect("invitation")
    if request.link is None:
        return request.redirect("verify")
    try:
        _, secret = use_personal_link(request.invitation, request.link, secret=request.proof_secret)
    except LinkUsedInAnotherBrowser as error:
        return request.render("verify", form=AddressForm(), error=error, requested=_remembered(request))
    return _go_on(request, secret)


def _go_on(request: ContributorRequest, secret: str) -> HttpResponse:
    """Redirect a verified browser to the form it wanted. The requested codes are of no more use."""
    response = request.redirect("forward" if request.http.POST.get("next") == "forward" else "connect")
    delete_cookie(response, _address_cookie(request))
    return request.set_proof_cookie(response, secret)


def _address(request: ContributorRequest, form: AddressForm) -> str:
    """The address that was typed, else that of the personal link."""
    if request.link and not form.is_bound:
        return request.link.delivery.email
    return str(form.cleaned_data["email"]) if form.is_valid() else ""


# The typed address travels in a signed cookie, because URLs are logged. The address of a personal link does not
# travel at all: a finder of the link must not read it in full.


class CodeRequests(NamedTuple):
    """Address that was `typed` in this browser, empty for that of the personal link, and ids of its newest codes."""

    typed: str = ""
    codes: Sequence[UUID] = ()


def _remember_request(request: ContributorRequest, code: VerificationCode, *, typed: str) -> HttpResponse:
    earlier = _remembered(request)
    codes = [*(earlier.codes if earlier.typed == typed.strip() else ()), code.pk][-MAX_REMEMBERED_CODES:]
    response, name = request.redirect("code"), _address_cookie(request)
    # as ASCII: a domain may be written in any script
    value = signing.dumps([typed.strip(), [pk.hex for pk in codes]], salt=name)
    set_cookie(response, name, value, max_age=ADDRESS_AGE_SECONDS)
    return response


def _remembered(request: ContributorRequest) -> CodeRequests:
    name = _address_cookie(request)
    try:
        typed, codes = signing.loads(read_cookie(request.http, name), salt=name, max_age=ADDRESS_AGE_SECONDS)
    except (signing.BadSignature, ValueError):
        return CodeRequests()
    return CodeRequests(typed, [UUID(pk) for pk in codes])


def _address_cookie(request: ContributorRequest) -> str:
    return f"address-{request.invitation.pk.hex}"
