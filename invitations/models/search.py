"""Texts that staff search, each with an index."""

from django.db.models.fields.json import KT

from config.db.name_search import Elements, Folded, Joined, Known, Words

# of an invitation: allowed addresses and reference
SEARCHED = Words(Folded(Joined(Elements("allowed_emails"), Known("external_id"))))
# of an event: address before its correction
CORRECTED = Words(Folded(Known(KT("detail__old"))))
