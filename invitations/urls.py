from django.urls import path

from invitations import views

urlpatterns = [
    path("p/i/<str:token>", views.invitation, name="invitation"),
    path("p/i/<str:token>/verify", views.verify, name="verify"),
    path("p/i/<str:token>/connect", views.connect, name="connect"),
    path("p/i/<str:token>/done", views.done, name="done"),
    path("p/i/<str:token>/providers", views.providers, name="providers"),
]
