"""Trusted proxies, and those that the settings do not know."""

import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.http.proxies import ProxyMiddleware, UnknownProxyMiddleware, warn_once

PROXY = "10.0.0.9"


@pytest.fixture(autouse=True)
def _nothing_warned_of():
    warn_once.cache_clear()


def pass_on(path="/", **headers):
    """Return the request as the application sees it, and the response: 204 if the application gave it."""
    seen = []

    def application(request):
        seen.append(request)
        return HttpResponse(status=204)

    request = RequestFactory(REMOTE_ADDR=PROXY).get(path, headers=headers)
    response = ProxyMiddleware(UnknownProxyMiddleware(application))(request)
    return request, response


def test_trusted_proxy_sets_address_and_scheme(settings):
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = 1, True
    headers = {"X-Forwarded-For": "6.6.6.6, [2001:db8::1]:443", "X-Forwarded-Proto": "HTTPS"}
    request, response = pass_on(**headers)

    assert (request.META["REMOTE_ADDR"], request.is_secure(), response.status_code) == ("2001:db8::1", True, 204)


def test_untrusted_proxy_sets_nothing(settings):
    settings.TRUSTED_PROXIES = 0
    request, _ = pass_on(**{"X-Forwarded-For": "1.1.1.1", "X-Forwarded-Proto": "https"})

    assert (request.META["REMOTE_ADDR"], request.is_secure()) == (PROXY, False)


def test_garbage_counts_as_its_peer(settings):
    settings.TRUSTED_PROXIES = 1
    for said in ("unknown", "", "1.2.3.4:x", "<script>", "1.1.1.1, :443"):
        assert pass_on(**{"X-Forwarded-For": said})[0].META["REMOTE_ADDR"] == PROXY


def test_endless_redirect_becomes_a_page(settings):
    settings.SECURE_SSL_REDIRECT = True
    visits = {
        "plain": (0, {}, 204),
        "unknown proxy": (0, {"X-Forwarded-Proto": "https"}, 500),
        "RFC 7239": (0, {"Forwarded": "for=1.1.1.1;proto=https"}, 500),
        "silent proxy": (0, {"Sec-Fetch-Site": "none"}, 500),
        "proxy without scheme": (1, {"Sec-Fetch-Site": "none"}, 500),
        "plain by a proxy": (1, {"X-Forwarded-Proto": "http"}, 204),
        "https by a proxy": (1, {"X-Forwarded-Proto": "https", "Sec-Fetch-Site": "none"}, 204),
    }
    got = {}
    for name, (settings.TRUSTED_PROXIES, headers, _) in visits.items():
        got[name] = pass_on(**headers)[1].status_code

    assert got == {name: status for name, (*_, status) in visits.items()}
    settings.TRUSTED_PROXIES = 0
    page, problem = (pass_on(path, **{"X-Forwarded-Proto": "https"})[1] for path in ("/", "/v2/ping"))
    assert "This site is not ready yet" in page.content.decode()
    assert problem["Content-Type"] == "application/problem+json"


def test_warning_names_the_setting_once(settings, caplog):
    settings.SECURE_SSL_REDIRECT = True
    complete = {"X-Forwarded-For": "1.1.1.1"}
    visits = {
        "set TRUSTED_PROXIES to": (0, {"X-Forwarded-Proto": "https"}),
        "Let them send it": (1, complete),
        "the proxies report http": (1, complete | {"X-Forwarded-Proto": "https, http"}),
        "let none of them replace": (1, complete | {"X-Forwarded-Proto": "http", "Sec-Fetch-Site": "none"}),
        "has 0 addresses": (1, {"X-Forwarded-Proto": "https"}),
        "has 1 addresses": (2, complete | {"X-Forwarded-Proto": "https"}),
    }
    for words, (settings.TRUSTED_PROXIES, headers) in visits.items():
        caplog.clear()
        warn_once.cache_clear()
        for _ in range(3):
            pass_on(**headers)
        (record,) = caplog.records
        assert words in record.getMessage()
        assert "TRUSTED_PROXIES" in record.getMessage()
        assert record.levelno == logging.WARNING
