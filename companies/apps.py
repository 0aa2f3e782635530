from typing import ClassVar

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate

from config.redaction import REDACTED, register_secret


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = "People and access"
    group_permissions: ClassVar[dict[str, list[str]]] = {
        "Viewer": ["view_company", "view_site"],
        "Inviter": ["add_site", "change_site", "view_storedmail"],
        "Administrator": [
            "add_company",
            "change_company",
            *(
                f"{act}_{model}"
                for act in ("view", "add", "change")
                for model in ("partner", "apikey", "user", "webhookendpoint")
            ),
        ],
    }

    def ready(self) -> None:
        from companies.groups import fill_groups  # noqa: PLC0415 - its imports need the app registry

        post_migrate.connect(fill_groups, sender=self)
        register_secret(r"lk_(?<=\blk_)(?:test_)?+[A-Za-z0-9]{4,}_[A-Za-z0-9_\-]+", f"lk_{REDACTED}")
        register_secret(r"whsec_(?<=\bwhsec_)[A-Za-z0-9+/=]+", f"whsec_{REDACTED}")
        # the token of a link for a new password, after its time: Django's PasswordResetTokenGenerator
        register_secret(r"-(?<=[a-z0-9]-)[0-9a-f]{32}\b", f"-{REDACTED}")


class StaffSiteConfig(admin_apps.AdminConfig):
    """Django's admin, with our login."""

    default = False
    default_site = "companies.staff_site.StaffSite"
