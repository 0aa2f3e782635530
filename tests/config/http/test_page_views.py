"""People who open a page are told from programs that fetch it."""

import pytest
from django.test import RequestFactory

from config.http.page_views import is_page_view

DOCUMENT = {"Sec-Fetch-Dest": "document"}
REQUESTS = {
    "a browser": ("GET", "https://latchkey.example", DOCUMENT, True),
    "a browser on the own machine": ("GET", "http://localhost:8000", DOCUMENT, True),
    "a browser over plain http": ("GET", "http://latchkey.lan", {}, True),
    "a program": ("GET", "https://latchkey.example", {}, False),
    "a program on the own machine": ("GET", "http://127.0.0.1:8000", {}, False),
    "a HEAD": ("HEAD", "https://latchkey.example", DOCUMENT, False),
    "a HEAD over plain http": ("HEAD", "http://latchkey.lan", {}, False),
    "a prefetch": ("GET", "https://latchkey.example", DOCUMENT | {"Sec-Purpose": "prefetch;prerender"}, False),
    "an old prefetch": ("GET", "http://latchkey.lan", {"Purpose": "prefetch"}, False),
    "a prefetch of Firefox": ("GET", "https://latchkey.example", {"X-Moz": "prefetch"}, False),
    "a preview of Safari": ("GET", "https://latchkey.example", {"X-Purpose": "preview"}, False),
    "a script": ("GET", "https://latchkey.example", {"Sec-Fetch-Dest": "empty"}, False),
    "an image": ("GET", "https://latchkey.example", {"Sec-Fetch-Dest": "image"}, False),
    "a form": ("POST", "https://latchkey.example", DOCUMENT, False),
}


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = ["*"]


def test_only_people_view_a_page():
    seen = {}
    for name, (method, origin, headers, _) in REQUESTS.items():
        scheme, _, host = origin.partition("://")
        options = {"secure": scheme == "https", "headers": {"Host": host, **headers}}
        seen[name] = is_page_view(RequestFactory().generic(method, "/", **options))
    assert seen == {name: wanted for name, (*_, wanted) in REQUESTS.items()}


def test_frame_is_viewed_where_allowed():
    request = RequestFactory().get("/", headers={"Sec-Fetch-Dest": "iframe"}, secure=True)
    assert (is_page_view(request), is_page_view(request, may_be_framed=True)) == (False, True)
