"""Limits of requests in responses."""

import re

from companies.models import Partner
from tests.companies.api.keyed import post
from tests.companies.refusals import problem_in
from tests.conftest import Api
from tests.factories import make_api_key


def limits(response) -> tuple[str | None, str | None]:
    state = response.get("RateLimit")
    return response.get("RateLimit-Policy"), state and re.sub(r"t=[1-9]\d?$", "t=", state)


def test_every_answer_to_a_key_has_limits(api, company):
    unscoped, wrong = Api(make_api_key(company.partner, scopes=[])[1]), Api("lk_wrong")
    answers = {
        "found": api.get("ping"),
        "missing": api.get(f"site/{company.pk}"),
        "method": api.delete("ping"),
        "invalid": api.post("company", {"nothing": 1}),
        "created": post(api, "company", {"name": "Bakery"}, key="k"),
        "replayed": post(api, "company", {"name": "Bakery"}, key="k"),
        "refused": unscoped.get("company"),
        "unknown": wrong.get("ping"),
    }
    reads, writes = '"reads";q=6000;w=60', '"writes";q=600;w=60'

    assert {name: limits(answer) for name, answer in answers.items()} == {
        "found": (reads, '"reads";r=5999;t='),
        "missing": (reads, '"reads";r=5998;t='),
        "method": (writes, '"writes";r=599;t='),
        "invalid": (writes, '"writes";r=598;t='),
        "created": (writes, '"writes";r=597;t='),
        "replayed": (writes, '"writes";r=596;t='),
        "refused": (reads, '"reads";r=5999;t='),
        "unknown": (None, None),
    }


def test_request_above_the_limit_is_refused(api, company):
    Partner.objects.update(writes_per_minute=1)
    api.post("company", {"name": "Bakery"})

    answer = api.post("company", {"name": "Brewery"})

    problem = problem_in(answer, 429)
    assert problem["code"] == "RATE_LIMITED"
    assert problem["detail"].startswith("This API key has sent all requests of this minute. Wait ")
    assert limits(answer) == ('"writes";q=1;w=60', '"writes";r=0;t=')
    assert answer["RateLimit"].endswith(f"t={answer['Retry-After']}")
    assert [each.name for each in company.partner.companies.order_by("pk")] == [company.name, "Bakery"]
    assert api.get("company").status_code == 200
