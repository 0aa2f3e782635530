"""Verify an address: by the button of a personal link, or by a code."""

from django.core import signing
from django.http import HttpResponse

from config.exceptions import DomainError
from invitations.contributor.cookies import cookie_options
from invitations.contributor.forms import AddressForm, CodeForm
from invitations.contributor.request import ContributorRequest, contributor_view
from invitations.exceptions import InvitationClosed, LinkUsedInAnotherBrowser, RateLimitExceeded
from invitations.services.guards import ensure_active
from invitations.services.verification.codes import check_code, request_code
from invitations.services.verification.proofs import use_personal_link

ADDRESS_AGE_SECONDS = 60 * 60


@contributor_view("POST")
def verify(request: ContributorRequest) -> HttpResponse:
    """Ask for an address and request a code. The response never reveals whether the address is allowed."""
    ensure_active(request.invitation)
    if not request.invitation.is_restricted or request.is_verified:
        return request.redirect("connect")
    uses_link = request.data is not None and request.link is not None and "email" not in request.data
    form, error = AddressForm(None if uses_link else request.data), None
    if uses_link or form.is_valid():
        try:
            request_code(request.invitation, _address(request, form), client=request.client, link=request.link)
        except RateLimitExceeded as raised:
            error = raised
        else:
            return _remember_address(request, request.redirect("code"), typed=form.data.get("email", ""))
    context = {"form": form, "error": error, "typed": _remembered_address(request), "lost_proof": request.lost_proof}
    return request.render_and_record_view("verify", **context)


@contributor_view("POST")
def code(request: ContributorRequest) -> HttpResponse:
    ensure_active(request.invitation)
    typed = _remembered_address(request)
    if not typed and not request.link:
        return request.redirect("verify")
    form = CodeForm(request.data)
    if form.is_valid():
        email = _address(request, AddressForm({"email": typed} if typed else None))
        digits, secret = form.cleaned_data["code"], request.proof_secret
        try:
            _, secret = check_code(request.invitation, email, digits, client=request.client, secret=secret)
        except InvitationClosed:
            raise
        except DomainError as error:
            form.add_error("code", error.detail)
        else:
            return request.set_proof_cookie(request.redirect("connect"), secret)
    return request.render("code", form=form, typed=typed)


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
        return request.render("verify", form=AddressForm(), error=error, typed=_remembered_address(request))
    return request.set_proof_cookie(request.redirect("connect"), secret)


def _address(request: ContributorRequest, form: AddressForm) -> str:
    """The address that was typed, else that of the personal link."""
    if request.link and not form.is_bound:
        return request.link.delivery.email
    return str(form.cleaned_data["email"]) if form.is_valid() else ""


# The typed address travels in a signed cookie, because URLs are logged. The address of a personal link does not
# travel at all: a finder of the link must not read it in full.


def _remember_address(request: ContributorRequest, response: HttpResponse, *, typed: str) -> HttpResponse:
    response.set_cookie(
        _address_cookie(request),
        # as ASCII: a domain may be written in any script
        signing.dumps(typed.strip(), salt=_address_cookie(request)),
        max_age=ADDRESS_AGE_SECONDS,
        **cookie_options(),
    )
    return response


def _remembered_address(request: ContributorRequest) -> str:
    name = _address_cookie(request)
    try:
        return str(signing.loads(request.http.COOKIES.get(name, ""), salt=name, max_age=ADDRESS_AGE_SECONDS))
    except signing.BadSignature:
        return ""


def _address_cookie(request: ContributorRequest) -> str:
    return f"address-{request.invitation.pk.hex}"
