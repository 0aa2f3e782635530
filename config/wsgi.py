"""WSGI application."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# loaded modules stay, so the garbage collector need not visit them again
gc.collect()
gc.freeze()
