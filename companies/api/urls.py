from django.urls import path

from companies.api import views

app_name = "companies_api"
urlpatterns = [
    path("ping", views.Ping.as_view(), name="ping"),
    path("company", views.CompanyList.as_view(), name="companies"),
    path("company/<uuid:company_id>", views.CompanyDetail.as_view(), name="company"),
    path("site/company/<uuid:company_id>", views.SiteList.as_view(), name="sites"),
    path("site/<uuid:site_id>", views.SiteDetail.as_view(), name="site"),
]
