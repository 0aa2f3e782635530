from django.urls import path, re_path

from invitations.contributor import dead_ends, drafts, pages, results, unsubscribe, verify, withdraw
from invitations.models.tokens import COPIED

urlpatterns = [
    re_path(COPIED, pages.copied, name="copied"),
    path("p/i/<str:token>", pages.invitation, name="invitation"),
    path("p/i/<str:token>/verify", verify.verify, name="verify"),
    path("p/i/<str:token>/code", verify.code, name="code"),
    path("p/i/<str:token>/accept_link", verify.accept_link, name="accept_link"),
    path("p/i/<str:token>/ask", dead_ends.ask, name="ask"),
    path("p/i/<str:token>/forward", dead_ends.forward, name="forward"),
    path("p/i/<str:token>/decline", dead_ends.decline, name="decline"),
    path("p/i/<str:token>/connect", pages.connect, name="connect"),
    path("p/i/<str:token>/draft", drafts.draft, name="draft"),
    path("p/i/<str:token>/start_over", drafts.start_over, name="start_over"),
    path("p/i/<str:token>/done", results.done, name="done"),
    path("p/i/<str:token>/done/<uuid:use_id>", results.result, name="result"),
    path("p/i/<str:token>/done/<uuid:use_id>/state", results.state, name="state"),
    path("p/i/<str:token>/done/<uuid:use_id>/correct", results.correct, name="correct"),
    path("p/i/<str:token>/done/<uuid:use_id>/withdraw", withdraw.withdraw_result, name="withdraw_result"),
    path(
        "p/i/<str:token>/done/<uuid:use_id>/withdraw/confirm",
        withdraw.confirm_withdraw_result,
        name="confirm_withdraw_result",
    ),
    path("p/i/<str:token>/withdraw", withdraw.withdraw, name="withdraw"),
    path("p/i/<str:token>/withdraw/confirm", withdraw.confirm_withdraw, name="confirm_withdraw"),
    path("p/i/<str:token>/providers", pages.providers, name="providers"),
    path("p/i/<str:token>/sites", pages.sites, name="sites"),
    path("p/unsubscribe/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
]
