from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = "Who takes part"


class StaffSiteConfig(admin_apps.AdminConfig):
    """Django's admin, with our login."""

    default = False
    default_site = "companies.staff_site.StaffSite"
