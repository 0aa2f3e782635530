from django.urls import re_path

from companies.branding import views

# below /p/, where no request has a session or a user
urlpatterns = [
    re_path(r"^p/accent/(?P<accent>[0-9a-f]{6})\.(?P<digest>[0-9a-f]{16})\.css\Z", views.accent, name="accent"),
    re_path(r"^p/logo/(?P<logo_id>[0-9a-f]{64})\Z", views.logo, name="logo"),
]
