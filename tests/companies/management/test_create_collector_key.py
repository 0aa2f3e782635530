import io

import pytest
from django.core.management import CommandError, call_command

from companies.models import COLLECTOR_SCOPES, find_api_key
from tests.factories import PartnerFactory
from tests.secrecy import KNOWN


def create(*arguments):
    output = io.StringIO()
    call_command("create_collector_key", *arguments, stdout=output)
    value = output.getvalue().strip()
    KNOWN.note(value)
    return find_api_key(value)


def test_operator_creates_collector_key(partner):
    keys = create(partner.name), create(str(partner.pk), "--name", "Reader"), create(partner.name, "--test")
    for key in keys:
        assert (key.partner, set(key.scopes)) == (partner, COLLECTOR_SCOPES)
    assert [key.is_live for key in keys] == [True, True, False]


def test_ambiguous_partner_is_refused(partner):
    PartnerFactory(name=partner.name)
    for name, error in ((partner.name, "Several partners"), ("Nobody", "No partner")):
        with pytest.raises(CommandError, match=error):
            create(name)
