from django.apps import AppConfig
from django.core.signals import request_started
from django.db.backends.signals import connection_created

from config.db.lost_connections import drop_lost_connections
from config.db.time_loader import load_times_fast


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        connection_created.connect(load_times_fast)
        request_started.connect(drop_lost_connections)
