from django.apps import AppConfig
from django.db.backends.signals import connection_created

from config.db.time_loader import load_times_fast


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        connection_created.connect(load_times_fast)
