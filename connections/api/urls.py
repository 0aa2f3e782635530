from django.urls import path

from config.api.routers import DetailRouter
from connections.api.viewsets import ConnectionViewSet, DatasourceViewSet

router = DetailRouter()
router.register("connection", ConnectionViewSet, basename="connection")

app_name = "connections_api"
urlpatterns = [
    path("connection/company/<uuid:company_id>", ConnectionViewSet.as_view({"get": "list", "post": "create"})),
    path("datasource", DatasourceViewSet.as_view({"get": "search"})),
    *router.urls,
]
