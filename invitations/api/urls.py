from django.urls import path

from config.api.routers import DetailRouter
from invitations.api.viewsets import InvitationViewSet

router = DetailRouter()
router.register("invitation", InvitationViewSet, basename="invitation")

app_name = "invitations_api"
urlpatterns = [
    path("invitation/company/<uuid:company_id>", InvitationViewSet.as_view({"get": "list", "post": "create"})),
    path("invitation/company/<uuid:company_id>/resend-failed", InvitationViewSet.as_view({"post": "resend_failed"})),
    path("invitation/connection/<uuid:connection_id>", InvitationViewSet.as_view({"post": "create_repair"})),
    *router.urls,
]
