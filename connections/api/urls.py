from django.urls import path

from connections.api import views

app_name = "connections_api"
urlpatterns = [
    path("connection/company/<uuid:company_id>", views.ConnectionList.as_view(), name="connections"),
    path("connection/<uuid:connection_id>/details", views.ConnectionDetails.as_view(), name="connection"),
    path("datasource", views.DatasourceSearch.as_view(), name="datasources"),
]
