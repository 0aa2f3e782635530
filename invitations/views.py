"""The contributor's pages. GET shows, POST acts: a mail scanner that opens every link changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from config.requests import client_address
from connections.models import Datasource
from invitations.exceptions import Closed, ProofRequired, TooManyAttempts
from invitations.forms import ConnectForm
from invitations.limits import count_attempt
from invitations.models import Invitation
from invitations.receipts import hand_receipt, read_receipt
from invitations.services import note_view, redeem_invitation, refuse_unless_active
from invitations.tokens import SHAPE

View = Callable[..., HttpResponse]
UNKNOWN_TOKENS_PER_HOUR = 60
MAX_SUGGESTIONS = 8


def contributor_page(view: View) -> View:
    """Finds the invitation of the path's token, answers refusals in words, and keeps the page private."""

    @wraps(view)
    def page(request: HttpRequest, token: str) -> HttpResponse:
        try:
            invitation = _find(request, token)
        except Http404:
            return _keep_private(render(request, "404.html", status=404))
        except TooManyAttempts as refusal:
            response = render(request, "429.html", status=429)
            response["Retry-After"] = str(refusal.retry_after)
            return _keep_private(response)
        return _keep_private(_answer(view, request, invitation))

    return page


def _answer(view: View, request: HttpRequest, invitation: Invitation) -> HttpResponse:
    try:
        return view(request, invitation)
    except Closed as refusal:
        context = {"refusal": refusal, "invitation": invitation}
        return render(request, "invitations/refused.html", context, status=410)
    except ProofRequired:
        return redirect("verify", invitation.token)


@require_safe
@contributor_page
def invitation(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Who asks, what for, until when, and what will happen with the password."""
    refuse_unless_active(invitation)
    note_view(invitation)
    return render(request, "invitations/invitation.html", {"invitation": invitation})


@require_safe
@contributor_page
def verify(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Where a restricted invitation asks for an e-mail address."""
    refuse_unless_active(invitation)
    return render(request, "invitations/verify.html", {"invitation": invitation})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@contributor_page
def connect(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The form, and what it saves."""
    form = ConnectForm(invitation, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        connection = redeem_invitation(
            invitation,
            submission=form.cleaned_data["submission"],
            account=form.account,
            credentials=form.credentials,
        )
        return hand_receipt(redirect("done", invitation.token), invitation, connection)
    refuse_unless_active(invitation)
    if invitation.is_restricted:
        raise ProofRequired
    return render(request, "invitations/connect.html", {"invitation": invitation, "form": form})


@require_safe
@contributor_page
def done(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """What was connected, to the browser that connected it."""
    return render(
        request,
        "invitations/done.html",
        {"invitation": invitation, "connection": read_receipt(request, invitation)},
    )


@require_safe
@contributor_page
def providers(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Providers whose name fits `?query=`, as JSON for the page's script."""
    refuse_unless_active(invitation)
    query = request.GET.get("query", "").replace("\x00", "")[:100]
    found = Datasource.objects.search(query)[:MAX_SUGGESTIONS] if query.strip() else []
    return JsonResponse(
        {
            "datasources": [
                {"id": str(each.pk), "name": each.name, "host": each.host, "country": each.country} for each in found
            ]
        }
    )


def _find(request: HttpRequest, token: str) -> Invitation:
    """The invitation of this token. Guesses are counted by client address; a right link is never held up."""
    if SHAPE.fullmatch(token):
        invitation = Invitation.objects.select_related("company__partner").with_token(token)
        if invitation is not None:
            return invitation
    guesser = salted_hmac("latchkey.guesser", client_address(request), algorithm="sha256").hexdigest()
    count_attempt(f"unknown-token:{guesser}", limit=UNKNOWN_TOKENS_PER_HOUR, per=timedelta(hours=1))
    raise Http404


def _keep_private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
