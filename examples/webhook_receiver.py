"""A receiver of webhooks: verifies each message, drops repeated ones, and prints the others.

Usage: WEBHOOK_SECRET=whsec_... PORT=8080 python examples/webhook_receiver.py

Needs nothing but Python. Put a proxy in front that speaks TLS. In production, keep the ids in your database.
"""

import base64
import hmac
import json
import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
MAX_AGE_SECONDS = 300
MAX_BODY_BYTES = 1_000_000
MAX_REMEMBERED = 100_000
seen: OrderedDict[str, None] = OrderedDict()


def number(header: str) -> int:
    return int(header) if header.isdecimal() and len(header) < 15 else -1


def is_genuine(headers: Mapping[str, str], body: bytes) -> bool:
    """True if one of the signatures is right and the message is not older than five minutes."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if abs(time.time() - number(sent_at)) > MAX_AGE_SECONDS:
        return False
    digest = hmac.digest(KEY, f"{message_id}.{sent_at}.".encode() + body, "sha256")
    wanted = b"v1," + base64.b64encode(digest)
    signatures = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(wanted, signature) for signature in signatures)


def remember(message_id: str) -> bool:
    """True if the message is new. Webhooks arrive at least once, so some arrive twice."""
    is_new = message_id not in seen
    seen[message_id] = None
    while len(seen) > MAX_REMEMBERED:
        seen.popitem(last=False)
    return is_new


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        length = number(self.headers.get("Content-Length", ""))
        body = self.rfile.read(length) if 0 <= length <= MAX_BODY_BYTES else b""
        if not is_genuine(self.headers, body):
            self.send_error(401)
            return
        if remember(self.headers["webhook-id"]):
            event = json.loads(body)
            print(event["sequence"], event["type"], event["data"].get("id"), flush=True)  # your own work: queue it
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print events only."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver).serve_forever()
