from django.urls import path

from config.api.routers import DetailRouter
from config.http.body_limit import limit_body
from invitations.api.bulk.bodies import MAX_BODY_BYTES
from invitations.api.bulk.viewsets import BulkInvitationViewSet
from invitations.api.simulation import InvitationSimulationViewSet
from invitations.api.viewsets import InvitationViewSet

router = DetailRouter()
router.register("invitation", InvitationViewSet, basename="invitation")
router.register("test/invitation", InvitationSimulationViewSet, basename="test-invitation")

create_many = BulkInvitationViewSet.as_view({"post": "create"})

app_name = "invitations_api"
urlpatterns = [
    path("invitation/company/<uuid:company_id>", InvitationViewSet.as_view({"get": "list", "post": "create"})),
    path("invitation/company/<uuid:company_id>/resend-failed", InvitationViewSet.as_view({"post": "resend_failed"})),
    path("invitation/company/<uuid:company_id>/bulk", limit_body(create_many, to=MAX_BODY_BYTES)),
    path("invitation/company/<uuid:company_id>/bulk/revoke", BulkInvitationViewSet.as_view({"post": "revoke"})),
    path("invitation/company/<uuid:company_id>/bulk/resend", BulkInvitationViewSet.as_view({"post": "resend"})),
    path("invitation/connection/<uuid:connection_id>", InvitationViewSet.as_view({"post": "create_repair"})),
    *router.urls,
]
