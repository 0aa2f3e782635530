"""Login attempts of tests."""

from django.test import Client
from django.urls import reverse


def log_in(username, password="wrong", address="192.0.2.1", client=None, **headers):
    client = client or Client()
    fields = {"username": username, "password": password}
    return client.post(reverse("admin:login"), fields, REMOTE_ADDR=address, headers=headers)


def guess(username, times, **how):
    return [log_in(username, **how).status_code for _ in range(times)]
