"""Drafts of forms: their owner, their end, and what is never in them."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.models import DRAFT_AGE, FormDraft, Invitation
from invitations.services.form_drafts import (
    MAX_LENGTH,
    DraftOwner,
    delete_old_drafts,
    discard_drafts,
    find_draft,
    save_draft,
    select_values,
)
from invitations.services.invitations import revoke_invitation, update_invitation
from invitations.services.personal_data import erase_personal_data, export_personal_data
from invitations.services.redemption import Account, redeem_invitation
from invitations.services.statements import MAX_DRAFTS
from tests.factories import make_invitation
from tests.invitations.answers import PROVIDER_URL
from tests.invitations.api.uses import CREDENTIALS
from tests.invitations.consents import CONSENT
from tests.invitations.contributor.steps import ANNA, BEN
from tests.invitations.repairs import expire, fulfil
from tests.races import race, wait_for_a_lock

BROWSER, OTHER = DraftOwner(browser_hash=b"a" * 32), DraftOwner(browser_hash=b"b" * 32)
OF_ANNA, OF_BEN = DraftOwner(email=ANNA), DraftOwner(email=BEN)


@pytest.fixture
def invitation(company):
    return make_invitation(company)


def keep(invitation, owner=BROWSER, form_id=None, replaces=None, **values):
    form_id = form_id or uuid4()
    typed = {name: [text] for name, text in values.items()} or {"country": ["GB"]}
    save_draft(invitation, form_id=form_id, owner=owner, values=typed, replaces=replaces)
    return form_id


def kept(invitation, owner=BROWSER):
    found = find_draft(invitation, owner)
    return found and {name: texts for name, texts in found.values.items() if texts}


def redeem(invitation, form_id, **given):
    account = Account(url=PROVIDER_URL)
    return redeem_invitation(
        invitation, form_id=form_id, account=account, credentials=CREDENTIALS, consent=CONSENT, **given
    )


@pytest.mark.django_db
def test_draft_belongs_to_its_owner(invitation):
    other = make_invitation(invitation.company)
    restricted = make_invitation(invitation.company, allowed_emails=[ANNA, BEN])
    keep(invitation, country="FR")
    keep(restricted, OF_ANNA, provider="Anna Energy")

    assert kept(invitation) == {"country": ["FR"]}
    assert kept(restricted, OF_ANNA) == {"provider": ["Anna Energy"]}
    strangers = [(invitation, OTHER), (other, BROWSER), (restricted, OF_BEN), (restricted, BROWSER)]
    assert [kept(*each) for each in strangers] == [None] * 4


@pytest.mark.django_db
def test_draft_follows_its_form_between_browsers(company):
    invitation = make_invitation(company)
    form_id = keep(invitation, country="FR")
    keep(make_invitation(company), form_id=form_id, country="DE")
    keep(invitation, OTHER, replaces=form_id, country="DE")
    assert kept(invitation) == {"country": ["FR"]}
    keep(invitation, OTHER, form_id=form_id, country="NL")  # the cookie of another tab has won
    assert (kept(invitation), kept(invitation, OTHER)) == (None, {"country": ["NL"]})


@pytest.mark.django_db
def test_draft_of_address_stays_with_it(company):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN])
    form_id = keep(invitation, OF_ANNA, country="FR")
    for owner in (OF_BEN, BROWSER):
        keep(invitation, owner, form_id=form_id, country="DE")
    assert (kept(invitation, OF_ANNA), FormDraft.objects.count()) == ({"country": ["FR"]}, 1)


@pytest.mark.django_db
def test_each_form_has_its_draft(invitation):
    first = keep(invitation, country="FR")
    keep(invitation, country="DE")
    assert kept(invitation) == {"country": ["DE"]}

    keep(invitation, form_id=first, country="NL")
    assert (kept(invitation), FormDraft.objects.count()) == ({"country": ["NL"]}, 2)

    shown = find_draft(invitation, BROWSER).form_id
    keep(invitation, replaces=shown, country="GB")
    keep(invitation, replaces=shown, country="IE")  # another tab that showed the same
    assert (kept(invitation), FormDraft.objects.count()) == ({"country": ["IE"]}, 3)

    discard_drafts(invitation, BROWSER)
    assert kept(invitation) is None


@pytest.mark.django_db
def test_only_listed_fields_are_kept(invitation):
    never = dict.fromkeys(("username", "password", "security_answer", "account_number", "verified"), "typed")
    keep(invitation, country="GB", owner_email="", **never)
    assert find_draft(invitation, BROWSER).values == {
        name: ["GB"] if name == "country" else []
        for name in (
            "provider",
            "datasource",
            "country",
            "owner_email",
            "collection_start_date",
            "all_sites",
            "utility_types",
            "sites",
        )
    }
    keep(invitation, country="GB", sites="x" * MAX_LENGTH)
    assert "sites" not in find_draft(invitation, BROWSER).values


def test_login_pages_are_kept_without_sessions():
    typed = {
        "Octopus Energy": "Octopus Energy",
        "portal.utility.example/login?session=abc#x": "https://portal.utility.example/login",
        "https://anna:secret@portal.utility.example/login": "https://portal.utility.example/login",
        "https://anna:secret@portal": "",
        "https://portal?session=abc": "https://portal",
    }
    assert {text: "".join(select_values({"provider": [text]})["provider"]) for text in typed} == typed


@pytest.mark.django_db
def test_stored_draft_is_unreadable_and_bound(invitation):
    form_id = keep(invitation, provider="Anna Energy", owner_email=ANNA)
    stored = bytes(FormDraft.objects.get().encrypted)
    assert not [text for text in (b"Anna", ANNA.encode()) if text in stored]

    FormDraft.objects.filter(pk=form_id).update(form_id=uuid4())
    assert kept(invitation) is None


@pytest.mark.django_db
def test_submission_deletes_its_draft(invitation):
    first, shown, other = keep(invitation), keep(invitation), keep(invitation)
    redeem(invitation, first, shown_draft=shown)
    assert [draft.pk for draft in FormDraft.objects.all()] == [other]

    keep(invitation, form_id=first)  # a script that was late, with an invitation that was read before
    assert [draft.pk for draft in FormDraft.objects.all()] == [other]


@pytest.mark.django_db
def test_drafts_end(company):
    kinds = ("open", "revoked", "expired", "used up", "old")
    invitations = {kind: make_invitation(company, max_uses=1) for kind in kinds}
    for invitation in invitations.values():
        keep(invitation)
    revoke_invitation(invitations["revoked"], by=SYSTEM)
    fulfil(invitations["used up"])
    expire(invitations["expired"])
    FormDraft.objects.filter(invitation=invitations["old"]).update(saved_at=timezone.now() - DRAFT_AGE)
    assert kept(invitations["old"]) is None

    delete_old_drafts()
    assert [draft.invitation for draft in FormDraft.objects.all()] == [invitations["open"]]


@pytest.mark.django_db
def test_removed_address_loses_its_draft(company):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN])
    stale = Invitation.objects.get(pk=invitation.pk)
    keep(invitation, OF_ANNA)
    keep(invitation, OF_BEN)
    update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN])
    keep(stale, OF_ANNA)
    assert [draft.email for draft in FormDraft.objects.all()] == [BEN]


@pytest.mark.django_db
def test_personal_data_covers_drafts(invitation):
    restricted = make_invitation(invitation.company, allowed_emails=[ANNA, BEN])
    keep(invitation, owner_email=ANNA.upper(), provider=f"portal for {BEN}")
    keep(restricted, OF_ANNA)
    of_ben = keep(restricted, OF_BEN)

    found = [each for each in export_personal_data(ANNA)["values"] if each["table"] == "invitations_formdraft"]
    assert [each["field"] for each in found] == ["email", "values", "values"]
    assert (ANNA.upper() in str(found), BEN in str(found)) == (True, False)

    erase_personal_data(ANNA, by=SYSTEM)
    assert [draft.pk for draft in FormDraft.objects.all()] == [of_ben]


@pytest.mark.django_db
def test_newest_drafts_stay_in_crowd(invitation):
    now, owner = timezone.now(), {"invitation": invitation, "encrypted": b"x"}
    FormDraft.objects.bulk_create(
        FormDraft(form_id=uuid4(), browser_hash=b"c" * 32, saved_at=now - timedelta(seconds=second), **owner)
        for second in range(1, MAX_DRAFTS + 2)
    )
    keep(invitation)
    assert FormDraft.objects.count() == MAX_DRAFTS
    assert not FormDraft.objects.filter(saved_at__lt=now - timedelta(seconds=MAX_DRAFTS - 1)).exists()


@pytest.mark.django_db(transaction=True)
def test_saves_at_once_keep_one_draft(invitation):
    form_id, shown = uuid4(), keep(invitation)
    results = race(8, lambda number: keep(invitation, form_id=form_id, replaces=shown, country=f"{number}"))
    assert results == [form_id] * 8
    assert FormDraft.objects.get().pk == form_id


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("saves_first", [True, False])
def test_no_draft_survives_its_submission(invitation, saves_first):
    form_id, begun = uuid4(), threading.Event()
    acts = (keep, redeem) if saves_first else (redeem, keep)

    def begin():
        with transaction.atomic():
            acts[0](invitation, form_id=form_id)
            begun.set()
            wait_for_a_lock()

    def follow():
        begun.wait(60)
        acts[1](invitation, form_id=form_id)

    assert race(2, lambda number: (begin, follow)[number]()) == [None, None]
    assert (invitation.uses.count(), FormDraft.objects.count()) == (1, 0)
