"""Settings of the reference: those of Latchkey with REST framework's defaults."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.reference"
REST_FRAMEWORK = {
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 100,
}
