from companies.actors import SYSTEM
from invitations.models import ReminderSubscription
from invitations.services.personal_data import erase_personal_data
from invitations.services.reminders.subscriptions import (
    ensure_subscriptions,
    find_subscription,
    subscribe_again,
    unsubscribe,
    unsubscribed,
)
from tests.factories import CompanyFactory
from tests.invitations.services.delivery.mails import ANNA, BEN, delivery, mailed


def stop(mail):
    unsubscribe(ensure_subscriptions([mail])[mail.pk])


def test_wish_holds_for_the_partner(company):
    first, second = mailed(company=company), mailed(ANNA, BEN, company=CompanyFactory(partner=company.partner))
    others = [mailed(company=CompanyFactory()), mailed(company=CompanyFactory(partner=company.partner, is_live=False))]
    stop(delivery(first))
    mails = [delivery(first), delivery(second), delivery(second, BEN), *map(delivery, others)]
    ensure_subscriptions(mails)
    assert unsubscribed(mails) == {mails[0].pk, mails[1].pk}
    assert ReminderSubscription.objects.count() == 4
    subscribe_again(ensure_subscriptions(mails)[mails[0].pk])
    assert unsubscribed(mails) == set()


def test_wish_survives_a_new_secret_key(company, settings):
    mail = delivery(mailed(company=company))
    stop(mail)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a-new-secret-key-of-32-characters"
    assert unsubscribed([mail]) == {mail.pk}
    settings.SECRET_KEY_FALLBACKS = []  # the row has moved to the new key
    assert unsubscribed([mail]) == {mail.pk}


def test_row_reveals_neither_address_nor_token(company):
    row = ensure_subscriptions([delivery(mailed(company=company))]).popitem()[1]
    stored = repr([bytes(row.email_hash), bytes(row.token_hash), bytes(row.encrypted_token), str(row)])
    assert ANNA not in stored
    assert row.token not in stored
    assert find_subscription(row.token) == row


def test_erasure_keeps_the_wish_only(company):
    anna, ben = (delivery(mailed(email, company=company), email) for email in (ANNA, BEN))
    stop(anna)
    ensure_subscriptions([ben])
    for email in (ANNA, BEN):
        erase_personal_data(email, by=SYSTEM)
    assert [bool(row.unsubscribed_at) for row in ReminderSubscription.objects.all()] == [True]
    again = delivery(mailed(company=company))
    assert unsubscribed([again]) == {again.pk}
