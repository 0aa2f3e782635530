from django.urls import path

from companies.api.branding import MAX_BODY_BYTES, BrandingViewSet
from companies.api.feed import EventViewSet
from companies.api.mailbox import MailboxViewSet
from companies.api.viewsets import CompanyViewSet, PingViewSet, SiteViewSet
from companies.api.webhooks.viewsets import WebhookDeliveryViewSet, WebhookViewSet
from config.api.routers import DetailRouter
from config.http.body_limit import limit_body

router = DetailRouter()
router.register("company", CompanyViewSet, basename="company")
router.register("site", SiteViewSet, basename="site")
router.register("webhook", WebhookViewSet, basename="webhook")
branding = limit_body(BrandingViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), to=MAX_BODY_BYTES)
DELIVERY = "webhook/<uuid:webhook_id>/delivery/<uuid:delivery_id>"

app_name = "companies_api"
urlpatterns = [
    path("ping", PingViewSet.as_view({"get": "retrieve"})),
    path("company", CompanyViewSet.as_view({"get": "list", "post": "create"})),
    path("company/<uuid:company_id>/branding", branding),
    path("site/company/<uuid:company_id>", SiteViewSet.as_view({"get": "list", "post": "create"})),
    path("event", EventViewSet.as_view({"get": "list"})),
    path("webhook", WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path("webhook/<uuid:webhook_id>/delivery", WebhookDeliveryViewSet.as_view({"get": "list"})),
    path(DELIVERY, WebhookDeliveryViewSet.as_view({"get": "retrieve"})),
    path(f"{DELIVERY}/redeliver", WebhookDeliveryViewSet.as_view({"post": "redeliver"})),
    path("test/mail", MailboxViewSet.as_view({"get": "list"})),
    *router.urls,
]
