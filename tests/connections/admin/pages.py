"""Pages of connections in the admin."""

from django.urls import reverse

SECRETS = {"username": "a-name-at-the-utility", "password": "a-password-at-the-utility"}


def words(response):
    assert response.status_code == 200
    return response.content.decode()


def listed(client, name="connection", **query):
    response = client.get(reverse(f"admin:connections_{name}_changelist"), query)
    return list(response.context["cl"].result_list)


def page_of(client, row):
    return words(client.get(reverse("admin:connections_connection_change", args=[row.pk])))
