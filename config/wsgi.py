"""WSGI application."""

import gc
import logging
import os

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries
from django.urls import get_resolver

from config.http.static_files import check_static_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
check_static_files()
# views load with the first request otherwise, and their errors would show only there
get_resolver().url_patterns  # noqa: B018 - loads them
# loaded modules stay, so the garbage collector need not visit them again
gc.collect()
gc.freeze()
# a request makes some thousand objects, nearly all without cycles: by default it would pay for several collections
gc.set_threshold(20_000, 10, 10)
# these only cost time: there are no caches, old connections are closed at the end of each request, those that were lost
# since then by `drop_lost_connections`, and without `DEBUG` there is no log of queries
request_finished.disconnect(close_caches)
request_started.disconnect(close_old_connections)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)
# our lines have no thread, process or source line: see "Optimization" in Python's logging HOWTO
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging._srcfile = None
