"""Addresses that want no reminders of a partner (RFC 8058).

Rows are found by a keyed hash of the address. One that was made under a fallback of `SECRET_KEY` is moved to the
current key as soon as its address is met again.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models import World
from config.crypto.keyed_hash import keyed_hash, keyed_hashes
from config.db.personal_data import SoughtAddress
from invitations.models import Delivery, ReminderSubscription
from invitations.models.tokens import encrypt_token, hash_token, new_token

SALT = "latchkey.reminders"
Found = Mapping[UUID, ReminderSubscription]


def unsubscribe(subscription: ReminderSubscription) -> None:
    """Send no more reminders of the partner to the address. Again: unchanged."""
    rows = ReminderSubscription.objects.filter(pk=subscription.pk, unsubscribed_at=None)
    rows.update(unsubscribed_at=timezone.now())


def subscribe_again(subscription: ReminderSubscription) -> None:
    ReminderSubscription.objects.filter(pk=subscription.pk).update(unsubscribed_at=None)


def find_subscription(token: str) -> ReminderSubscription | None:
    found = ReminderSubscription.objects.select_related("partner__own_branding")
    return found.filter(token_hash=hash_token(token)).first()


def ensure_subscriptions(deliveries: Collection[Delivery]) -> Found:
    """Return the subscription of each mail's address, by the mail's id. Creates those that are missing."""
    found = find_subscriptions(deliveries)
    missing = {(_world(each), each.email) for each in deliveries if each.pk not in found}
    if not missing:
        return found
    # another worker may create them at the same time
    new = [_new_subscription(world, email) for world, email in sorted(missing)]
    ReminderSubscription.objects.bulk_create(new, ignore_conflicts=True)
    return find_subscriptions(deliveries)


def find_subscriptions(deliveries: Collection[Delivery]) -> Found:
    hashes = {each.email: list(keyed_hashes(SALT, each.email)) for each in deliveries}
    rows = ReminderSubscription.objects.filter(
        partner__in={_world(each).partner_id for each in deliveries},
        email_hash__in=[value for values in hashes.values() for value in values],
    )
    known = {(World(row.partner_id, row.is_live), bytes(row.email_hash)): row for row in rows}
    found, moved = {}, []
    for each in deliveries:
        current, *_older = hashes[each.email]
        matching = (known.get((_world(each), value)) for value in hashes[each.email])
        if row := next(filter(None, matching), None):
            found[each.pk] = row
            if bytes(row.email_hash) != current:
                row.email_hash = current
                moved.append(row)
    if moved:
        ReminderSubscription.objects.bulk_update(moved, ["email_hash"])
    return found


def unsubscribed(deliveries: Collection[Delivery]) -> set[UUID]:
    """Return the ids of the mails whose address wants no reminders."""
    return {key for key, row in find_subscriptions(deliveries).items() if row.unsubscribed_at}


def forget_subscriptions_of(sought: SoughtAddress) -> int:
    """Delete the subscriptions of an address, but not its wish to get no reminders. Returns their number."""
    hashes = [value for spelling in sought.spellings for value in keyed_hashes(SALT, spelling)]
    return ReminderSubscription.objects.filter(email_hash__in=hashes, unsubscribed_at=None).delete()[0]


def _world(delivery: Delivery) -> World:
    return delivery.invitation.company.world


def _new_subscription(world: World, email: str) -> ReminderSubscription:
    key, token = uuid7(), new_token()
    return ReminderSubscription(
        id=key,
        **world._asdict(),
        email_hash=keyed_hash(SALT, email),
        token_hash=hash_token(token),
        encrypted_token=encrypt_token(token, owner_id=key),
    )
