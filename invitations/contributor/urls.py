from django.urls import path, re_path

from invitations.contributor import pages, results, verify
from invitations.models.tokens import COPIED

urlpatterns = [
    re_path(COPIED, pages.copied, name="copied"),
    path("p/i/<str:token>", pages.invitation, name="invitation"),
    path("p/i/<str:token>/verify", verify.verify, name="verify"),
    path("p/i/<str:token>/code", verify.code, name="code"),
    path("p/i/<str:token>/accept_link", verify.accept_link, name="accept_link"),
    path("p/i/<str:token>/connect", pages.connect, name="connect"),
    path("p/i/<str:token>/done", results.done, name="done"),
    path("p/i/<str:token>/done/<uuid:use_id>", results.result, name="result"),
    path("p/i/<str:token>/done/<uuid:use_id>/state", results.state, name="state"),
    path("p/i/<str:token>/done/<uuid:use_id>/correct", results.correct, name="correct"),
    path("p/i/<str:token>/providers", pages.providers, name="providers"),
    path("p/i/<str:token>/sites", pages.sites, name="sites"),
]
