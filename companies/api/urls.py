from django.urls import path

from companies.api.viewsets import CompanyViewSet, PingViewSet, SiteViewSet
from config.api.routers import DetailRouter

router = DetailRouter()
router.register("company", CompanyViewSet, basename="company")
router.register("site", SiteViewSet, basename="site")

app_name = "companies_api"
urlpatterns = [
    path("ping", PingViewSet.as_view({"get": "retrieve"})),
    path("company", CompanyViewSet.as_view({"get": "list", "post": "create"})),
    path("site/company/<uuid:company_id>", SiteViewSet.as_view({"get": "list", "post": "create"})),
    *router.urls,
]
