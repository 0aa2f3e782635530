"""`python -m config.server`: the web server of development and production."""

import argparse
import os
import resource
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from config.database import REQUEST_LIMITS, limit_sessions
from config.http.static_files import check_static_files
from config.operations.exporter import exported_children

# longer than the 60 s for which proxies usually keep a connection: otherwise they send requests into a closed one
IDLE_SECONDS = 75
# of each worker; a connection without a request costs little
MAX_CONNECTIONS = 1024
ENOUGH_FILES = 2 * MAX_CONNECTIONS


def main() -> int:
    """Serve until SIGTERM or SIGINT. Print the reason and return 1 if the settings do not hold."""
    arguments = parse_arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        check_static_files()
        limit_sessions(REQUEST_LIMITS)
        check_metrics_port(arguments.port)
        with exported_children():
            serve(arguments)
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)  # noqa: T201 - read by the person who starts it
        return 1
    return 0


def serve(arguments: argparse.Namespace) -> None:
    Server(
        "config.server.asgi:application",
        address=arguments.host,
        port=arguments.port,
        interface=Interfaces.ASGINL,
        workers=settings.WEB_WORKERS,
        # an HTTP/2 body may have no length; proxies speak HTTP/1.1 to their backends
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_SECONDS * 1000),
        websockets=False,
        backpressure=min(MAX_CONNECTIONS, raise_file_limit() // 2),
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        # without it, a worker that is stopped during its start never ends
        workers_kill_timeout=arguments.grace_seconds,
    ).serve()


def check_metrics_port(port: int) -> None:
    """Reject the public port for metrics: granian would share it."""
    if 0 < port == settings.METRICS_PORT:
        raise ImproperlyConfigured("METRICS_PORT must not be the port of the web server.")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--grace-seconds", type=int, default=25, help="for requests that run when the server is stopped"
    )
    return parser.parse_args()


def raise_file_limit() -> int:
    """Raise the number of files and connections that a process may open as far as permitted, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, ENOUGH_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


if __name__ == "__main__":
    sys.exit(main())
