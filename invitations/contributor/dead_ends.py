"""Next steps for visitors who cannot give the login: ask for a new link, pass the invitation on, or decline it."""

from django.http import HttpResponse

from config.exceptions import DomainError, InvalidField
from invitations.contributor.forms.dead_ends import DeclineForm, ForwardForm
from invitations.contributor.request import ContributorRequest, contributor_view, with_retry_after
from invitations.exceptions import ForwardingNotAllowed, ForwardingUsedUp, LinkWorks, ProofRequired, RateLimitExceeded
from invitations.services.declines import decline_invitation
from invitations.services.forwarding import ensure_forwarding, forward_invitation
from invitations.services.guards import ensure_active, ensure_renewable
from invitations.services.link_requests.ask import find_link_request, request_link


@contributor_view("POST")
def ask(request: ContributorRequest) -> HttpResponse:
    """Ask for a new link. A GET shows what became of it."""
    delivery = request.link.delivery if request.link else None
    try:
        if request.data is not None:
            request_link(request.invitation, delivery=delivery)
            return request.redirect("ask")
        ensure_renewable(request.invitation, email=delivery.email if delivery else None)
    except LinkWorks:
        return request.redirect("invitation")
    asked = find_link_request(request.invitation, delivery=delivery)
    return request.render("ask", asked=asked) if asked else request.redirect("invitation")


@contributor_view("POST", resumes=("email", "note"))
def forward(request: ContributorRequest) -> HttpResponse:
    """Pass the invitation on to the address of a colleague."""
    try:
        ensure_active(request.invitation)
        ensure_forwarding(request.invitation)
        if not request.is_verified and request.link is None:
            raise ProofRequired
        return _forward(request)
    except ForwardingNotAllowed:
        return request.redirect("invitation")


def _forward(request: ContributorRequest) -> HttpResponse:
    form = ForwardForm(request.data if request.is_verified else None)
    error: DomainError | None = None
    if form.is_valid():
        to, note = form.cleaned_data["email"], form.cleaned_data["note"]
        try:
            forward_invitation(request.invitation, proof=request.proof, to=to, note=note)
        except InvalidField as raised:
            form.show_refusal(raised)
        except (ForwardingUsedUp, RateLimitExceeded) as raised:
            error = raised
            form.add_error(None, raised.detail)
        else:
            return request.render("forwarded", to=to)
    page = request.render("forward", form=form, proof=request.proof, is_verified=request.is_verified)
    return with_retry_after(page, error)


@contributor_view("POST", resumes=("reason", "note"))
def decline(request: ContributorRequest) -> HttpResponse:
    """Decline the invitation. It can still be used afterwards."""
    ensure_active(request.invitation)
    form = DeclineForm(request.data)
    if form.is_valid():
        try:
            decline_invitation(request.invitation, email=request.address, **form.answer)
        except InvalidField as error:
            form.show_refusal(error)
        else:
            return request.render("declined")
    if request.data is None and request.address in request.invitation.declined_emails:
        return request.render("declined")
    return request.render("decline", form=form)
