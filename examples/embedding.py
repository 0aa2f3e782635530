"""A partner's site that shows the contributor's form in a frame.

Usage: API_KEY=lk_... COMPANY_ID=... python examples/embedding.py

Then open http://127.0.0.1:9000. BASE_URL is Latchkey, by default the one that `make run` starts. Its demo partner
allows this origin. For other partners, staff add it to the embedding origins. Needs nothing but Python.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

PAGE = Path(__file__).with_suffix(".html")
INVITATION = {"maxUses": 1, "expiresInSeconds": 86_400}


def create_invitation() -> dict[str, Any]:
    """Create an invitation. The API key stays on the server: the page only gets the link."""
    url = f"{os.environ.get('BASE_URL', 'http://localhost:8000')}/v2/invitation/company/{os.environ['COMPANY_ID']}"
    body = json.dumps(INVITATION | json.loads(os.environ.get("INVITATION", "{}"))).encode()
    headers = {"X-API-KEY": os.environ["API_KEY"], "Content-Type": "application/json"}
    with urlopen(Request(url, body, headers), timeout=30) as answer:  # noqa: S310
        return json.load(answer)  # type: ignore[no-any-return]


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.respond("text/html", PAGE.read_bytes())

    def do_POST(self) -> None:
        invitation = create_invitation()  # your site first checks who is logged in
        self.respond("application/json", json.dumps({"invitationUrl": invitation["invitationUrl"]}).encode())

    def respond(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Site) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
