from typing import ClassVar

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"
    verbose_name = "Connections"
    group_permissions: ClassVar[dict[str, list[str]]] = {
        "Viewer": ["view_datasource", "view_connection"],
        "Administrator": ["add_datasource", "change_datasource", "close_connection"],
    }
