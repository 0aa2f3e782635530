"""Stop the reminders of a partner, by the link in one of them (RFC 8058).

A GET changes nothing, because mail scanners open every link. A POST needs neither cookie nor CSRF token: mail programs
send it. The token is the permission.
"""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.http.headers import set_private_headers
from invitations.contributor.language import remember_language
from invitations.contributor.request import limit_unknown_tokens, show_rate_limit
from invitations.exceptions import RateLimitExceeded
from invitations.models import ReminderSubscription
from invitations.models.tokens import SHAPE
from invitations.services.rate_limits import check_rate_limit
from invitations.services.reminders.subscriptions import find_subscription, subscribe_again
from invitations.services.reminders.subscriptions import unsubscribe as unsubscribe_address

CHANGES_PER_HOUR = 60


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page. Any POST stops reminders, except for that of the button `again`."""
    try:
        response = _respond(request, token)
    except Http404:
        response = render(request, "404.html", status=404)
    except RateLimitExceeded as error:
        response = show_rate_limit(request, error)
    return set_private_headers(remember_language(request, response))


def _respond(request: HttpRequest, token: str) -> HttpResponse:
    subscription = find_subscription(token) if SHAPE.fullmatch(token) else None
    if subscription is None:
        limit_unknown_tokens(request)
        raise Http404
    changed = request.method == "POST"
    if changed:
        _change(subscription, again="again" in request.POST)
    context = {"subscription": subscription, "is_changed": changed, "brand": subscription.partner.brand}
    return render(request, "invitations/unsubscribe.html", context)


def _change(subscription: ReminderSubscription, *, again: bool) -> None:
    check_rate_limit(f"unsubscribe:{subscription.pk}", limit=CHANGES_PER_HOUR, per=timedelta(hours=1))
    change = subscribe_again if again else unsubscribe_address
    change(subscription)
    subscription.refresh_from_db(fields=["unsubscribed_at"])
