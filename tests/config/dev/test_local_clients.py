from django.http import HttpResponse
from django.test import RequestFactory

from config.dev.local_clients import LocalClientsMiddleware


def test_only_local_clients_are_answered(settings):
    settings.DEBUG = True
    wanted = {
        "127.0.0.1": 200,
        "::1": 200,
        "::ffff:192.168.1.7": 200,
        "172.17.0.1": 200,
        "fe80::1%eth0": 200,
        "": 200,  # a Unix socket
        "203.0.113.9": 403,
        "::ffff:203.0.113.9": 403,
        "2001:db8::1": 403,
    }
    respond = LocalClientsMiddleware(lambda request: HttpResponse())
    request = RequestFactory().get
    assert {
        client: respond(request("/dev/mail", REMOTE_ADDR=client, HTTP_HOST="localhost")).status_code
        for client in wanted
    } == wanted
