from django.apps import AppConfig
from django.core.signals import request_started
from django.db.backends.signals import connection_created

from config import quick_translation
from config.db.lost_connections import drop_lost_connections
from config.db.replica import note_connection
from config.db.time_loader import load_times_fast
from config.monitoring.reports import start_reporting


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        start_reporting()
        quick_translation.install()
        connection_created.connect(load_times_fast)
        connection_created.connect(note_connection)
        request_started.connect(drop_lost_connections)
