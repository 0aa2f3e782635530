from django.urls import path

from connections.api import views

app_name = "connections_api"
urlpatterns = [
    path("connection/company/<uuid:company_id>", views.ConnectionList.as_view(), name="connections"),
    path("connection/<uuid:connection_id>/details", views.ConnectionDetails.as_view(), name="connection"),
    path("connection/<uuid:connection_id>/events", views.ConnectionEvents.as_view(), name="events"),
    path("connection/<uuid:connection_id>/status", views.ConnectionStatus.as_view(), name="status"),
    path("connection/<uuid:connection_id>/credentials", views.ConnectionCredentials.as_view(), name="credentials"),
    path("datasource", views.DatasourceSearch.as_view(), name="datasources"),
]
