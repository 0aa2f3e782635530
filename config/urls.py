"""URLs, except the two probes of `config.http.health`."""

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from config.api.document import DocsView, OpenAPIView
from config.dev import mailbox
from config.http import error_pages

# Swagger's own styles and icons are inline; the page contains no secrets
docs = csp_update({"style-src": ["'unsafe-inline'"], "img-src": ["data:"]})(DocsView.as_view())
api: list[URLPattern | URLResolver] = [
    path("", include("invitations.api.urls")),
    path("", include("connections.api.urls")),
    path("", include("companies.api.urls")),
    path("openapi.json", OpenAPIView.as_view(), name="openapi"),
    path("openapi-3.0.json", OpenAPIView.as_view(openapi_version="3.0"), name="openapi_3_0"),
    path("docs", docs, name="docs"),
]
# the busiest first: Django tries each path in turn
urlpatterns = [
    path("v2/", include(api)),
    path("", include("invitations.contributor.urls")),
    path("", include("companies.branding.urls")),
    re_path("^/*[vV]2(/|$)", error_pages.page_not_found),  # in development Django would answer with its debug page
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
if settings.DEBUG:
    urlpatterns += [
        path("dev/mail", mailbox.mailbox, name="mailbox"),
        path("dev/mail/<str:name>", mailbox.mail, name="mail"),
        path("dev/mail/<str:name>/html", mailbox.mail_html, name="mail_html"),
    ]
if settings.ANYMAIL_PROVIDER:
    from config.mail import webhooks  # needs the extra `anymail`

    urlpatterns += [path("anymail/", include(webhooks.tracking_urls(settings.ANYMAIL_PROVIDER)))]
handler400 = "config.http.error_pages.bad_request"
handler403 = "config.http.error_pages.permission_denied"
handler404 = "config.http.error_pages.page_not_found"
handler500 = "config.http.error_pages.server_error"
