"""Steps through the pages of the second factor."""

from django.urls import reverse

from companies.models import Authenticator
from tests.companies.admin.pages import words
from tests.companies.authenticators import code_of, give_back_the_code_of_now

PASSWORD = "correct horse battery"


def address(name):
    return reverse(f"admin:{name}")


def log_in(client, user):
    return client.post(address("login"), {"username": user.email, "password": PASSWORD}, follow=True)


def give(client, code, **query):
    return client.post(reverse("admin:second_factor_code", query=query), {"code": code})


def set_up_on_pages(client):
    assert client.post(address("second_factor"), {"password": PASSWORD}).status_code == 302
    begun = Authenticator.objects.latest("created_at")
    assert '<code class="key">' in words(client.get(address("second_factor_setup")))
    answer = client.post(address("second_factor_setup"), {"code": code_of(begun)})
    give_back_the_code_of_now(begun)
    return answer, begun
