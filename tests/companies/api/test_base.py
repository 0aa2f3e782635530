import gc
import weakref

import pytest
from django.test import RequestFactory

from companies.api.viewsets import PingViewSet
from companies.models import Company
from tests.factories import make_api_key


@pytest.fixture
def no_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_response_waits_for_no_garbage_collection(company: Company, no_collection) -> None:
    key = make_api_key(company.partner, is_live=company.is_live)[1]
    ping = PingViewSet.as_view({"get": "retrieve"})
    response = ping(RequestFactory().get("/v2/ping", headers={"X-API-KEY": key})).render()
    assert response.data["partner"] == company.partner.name
    released = weakref.ref(response)
    del response
    assert released() is None
