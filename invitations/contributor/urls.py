from django.urls import path, re_path

from invitations.contributor import pages, repair, verify
from invitations.models.tokens import COPIED

urlpatterns = [
    re_path(COPIED, pages.copied, name="copied"),
    path("p/i/<str:token>", pages.invitation, name="invitation"),
    path("p/i/<str:token>/verify", verify.verify, name="verify"),
    path("p/i/<str:token>/code", verify.code, name="code"),
    path("p/i/<str:token>/accept_link", verify.accept_link, name="accept_link"),
    path("p/i/<str:token>/connect", pages.connect, name="connect"),
    path("p/i/<str:token>/done", pages.done, name="done"),
    path("p/i/<str:token>/state", repair.state, name="state"),
    path("p/i/<str:token>/correct", repair.correct, name="correct"),
    path("p/i/<str:token>/providers", pages.providers, name="providers"),
]
