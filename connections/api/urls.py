from django.urls import path, register_converter

from config.api.routers import DetailRouter
from connections.api.simulation import ConnectionSimulationViewSet, OutcomeConverter
from connections.api.viewsets import ConnectionViewSet, DatasourceViewSet

register_converter(OutcomeConverter, "outcome")
router = DetailRouter()
router.register("connection", ConnectionViewSet, basename="connection")

app_name = "connections_api"
urlpatterns = [
    path("connection/company/<uuid:company_id>", ConnectionViewSet.as_view({"get": "list", "post": "create"})),
    path("datasource", DatasourceViewSet.as_view({"get": "search"})),
    path(
        "test/connection/<uuid:connection_id>/<outcome:status>", ConnectionSimulationViewSet.as_view({"post": "report"})
    ),
    *router.urls,
]
