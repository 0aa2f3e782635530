"""Columns with encrypted values, for rotations and for operators."""

from collections import Counter

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from companies.models import Authenticator, StoredAnswer, StoredMail, WebhookEndpoint
from config.crypto.rotation import EncryptedColumn, sampled_keys
from config.operations.section import Section
from connections.models import Credential
from invitations.models import FormDraft, Invitation, PersonalLink, Receipt, ReminderSubscription

ENCRYPTED = (
    EncryptedColumn(Credential, "encrypted", lambda row: f"credential:{row.pk}"),
    EncryptedColumn(Invitation, "encrypted_token", lambda row: f"token:{row.pk}"),
    EncryptedColumn(PersonalLink, "encrypted_token", lambda row: f"token:{row.pk}"),
    EncryptedColumn(ReminderSubscription, "encrypted_token", lambda row: f"token:{row.pk}"),
    EncryptedColumn(FormDraft, "encrypted", lambda row: row.associated_data),
    EncryptedColumn(Receipt, "encrypted_token", lambda row: f"token:{row.pk}"),
    EncryptedColumn(Authenticator, "encrypted_key", lambda row: row.associated_data),
    EncryptedColumn(StoredMail, "encrypted", lambda row: row.associated_data),
    EncryptedColumn(WebhookEndpoint, "encrypted_secret", lambda row: row.associated_data),
    EncryptedColumn(WebhookEndpoint, "encrypted_previous_secret", lambda row: row.associated_data),
)
# deleted after a day: keep an old key while one of them uses it
SHORT_LIVED = EncryptedColumn(StoredAnswer, "encrypted_body", lambda row: "")


def name_of(key_id: bytes) -> str:
    if key_id == settings.KEYRING.current_key_id:
        return "the newest key"
    if settings.KEYRING.has_key_id(key_id):
        return "an older key of the ring"
    return "a key that is missing"


def keys_in_use() -> Section:
    """Count the keys of the oldest and the newest rows of each column, for operators."""
    counted: Counter[str] = Counter()
    for column in (*ENCRYPTED, SHORT_LIVED):
        for key_id, rows in sampled_keys(column).items():
            counted[capfirst(name_of(key_id))] += rows
    note = _(
        "Of the oldest and newest 500 rows of each table. Before you remove a key, count all: rotate_keys --check."
    )
    return Section(_("Encryption keys in use"), note, sorted(counted.items()))
