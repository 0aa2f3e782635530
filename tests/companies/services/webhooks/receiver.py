"""HTTP server of a partner, with and without TLS. The path of a request says what it does."""

import asyncio
import json
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

HOST = "hooks.example.com"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ANSWERS = {
    "/ok": OK,
    "/hold": OK,
    "/500": b"HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nbroken",
    "/410": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    "/redirect": b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    "/cookie": b"HTTP/1.1 204 No Content\r\nSet-Cookie: a=b\r\n\r\n",
    "/half": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "/no-http": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "/echo": f'HTTP/1.1 200 OK\r\nContent-Length: 56\r\n\r\n{{"token": "{"Ab3" * 14}c"}}'.encode(),
    "/compressed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
}
DRIPPING = {"/drip": b"HTTP/1.1 200 OK\r\nX: ", "/dripping-body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}
ENDING = {"/half", "/no-http", "/close"}


class Receiver:
    """`requests` has the path, the headers and the body of each one."""

    def __init__(self, folder: Path) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.sent = 0  # bytes of the endless answer that were taken
        self.busy = self.most_busy = 0  # requests that wait for their answer at the same time
        self.held = asyncio.Event()
        self.ca = folder / "ca.pem"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = self._serve(None)
        self.tls_port = self._serve(_server_context(self.ca))

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @staticmethod
    async def _cancel_all() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def release(self) -> None:
        """Answer the requests to `/hold`, and those that follow."""
        self._loop.call_soon_threadsafe(self.held.set)

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(body) for asked, _, body in self.requests if asked == path]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _serve(self, context: ssl.SSLContext | None) -> int:
        start = asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=context)
        server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        return server.sockets[0].getsockname()[1]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                path = head.split()[1]
                lines = (line.partition(": ") for line in head.split("\r\n")[1:] if line)
                headers = {name.lower(): value for name, _, value in lines}
                body = await reader.readexactly(int(headers["content-length"]))
                self.requests.append((path, headers, body))
                self.busy += 1
                self.most_busy = max(self.busy, self.most_busy)
                await self._respond(path.partition("?")[0], writer)
                self.busy -= 1
                if path in ENDING:
                    break
        writer.close()

    async def _respond(self, path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/hold":
            await self.held.wait()
        if path == "/hang":
            await asyncio.sleep(3600)
        if path in DRIPPING:
            writer.write(DRIPPING[path])
            while True:
                writer.write(b"-")
                await writer.drain()
                await asyncio.sleep(0.02)
        if path == "/endless":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                self.sent += 65536
        writer.write(ANSWERS.get(path, b""))
        await writer.drain()


def _server_context(ca: Path) -> ssl.SSLContext:
    """Return the context of a server with a certificate for `HOST`, and write the certificate to `ca`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    day, now = timedelta(days=1), timezone.now()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = ca.with_suffix(".chain")
    chain.write_bytes(private + ca.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context
