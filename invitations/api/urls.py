from django.urls import path

from invitations.api import views

app_name = "invitations_api"
urlpatterns = [
    path("invitation/company/<uuid:company_id>", views.InvitationList.as_view(), name="invitations"),
    path("invitation/connection/<uuid:connection_id>", views.RepairInvitation.as_view(), name="repair"),
    path("invitation/<uuid:invitation_id>", views.InvitationDetail.as_view(), name="invitation"),
    path("invitation/<uuid:invitation_id>/resend", views.InvitationResend.as_view(), name="resend"),
    path("invitation/<uuid:invitation_id>/rotate", views.InvitationRotate.as_view(), name="rotate"),
    path("invitation/<uuid:invitation_id>/revoke", views.InvitationRevoke.as_view(), name="revoke"),
]
