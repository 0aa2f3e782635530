"""Messages of webhooks, genuine and forged, signed by the package `standardwebhooks`."""

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from standardwebhooks import Webhook

SECRET, OTHER = (f"whsec_{base64.b64encode(seed * 32).decode()}" for seed in (b"a", b"b"))
ID = "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21"
BODY = json.dumps({"type": "invitation.used", "sequence": 7, "data": {"id": ID, "message": "Grüße"}})


class Message(NamedTuple):
    headers: dict[str, str]
    body: str
    is_genuine: bool


def signature(secret: str, sent_at: datetime) -> str:
    return Webhook(secret).sign(ID, sent_at, BODY)


def headers(sent_at: datetime, signatures: str, **changes: str) -> dict[str, str]:
    sent = {"webhook-id": ID, "webhook-timestamp": str(int(sent_at.timestamp())), "webhook-signature": signatures}
    return sent | {name.replace("_", "-"): value for name, value in changes.items()}


def messages() -> dict[str, Message]:
    now = datetime.now(UTC)
    old, early = now - timedelta(minutes=6), now + timedelta(minutes=6)
    right, wrong = signature(SECRET, now), signature(OTHER, now)
    return {
        "genuine": Message(headers(now, right), BODY, True),
        "two secrets": Message(headers(now, f"{wrong} {right}"), BODY, True),
        "unknown version": Message(headers(now, f"v2,{'A' * 43}= {right}"), BODY, True),
        "other secret": Message(headers(now, wrong), BODY, False),
        "altered body": Message(headers(now, right), BODY.replace("7", "8"), False),
        "other id": Message(headers(now, right, webhook_id=ID[::-1]), BODY, False),
        "other time": Message(headers(now, right, webhook_timestamp=str(int(now.timestamp()) - 1)), BODY, False),
        "too old": Message(headers(old, signature(SECRET, old)), BODY, False),
        "too early": Message(headers(early, signature(SECRET, early)), BODY, False),
        "no time": Message(headers(now, right, webhook_timestamp="now"), BODY, False),
        "no signature": Message(headers(now, ""), BODY, False),
        "no version": Message(headers(now, right[3:]), BODY, False),
        "no headers": Message({}, BODY, False),
    }


def as_json() -> list[dict[str, Any]]:
    return [{"name": name, **message._asdict()} for name, message in messages().items()]


if __name__ == "__main__":
    json.dump({"secret": SECRET, "messages": as_json()}, sys.stdout)
