"""Mail server and receiver of webhooks in a process of its own, which write a line for each mail and each request.

Usage: python -m tests.operations.receivers smtp|http ADDRESS FOLDER [SECONDS]

`SECONDS` pass before each reply. The port is in `FOLDER/port`, the lines are in `FOLDER/lines`, as `Mail` and `Hook`.
"""

import asyncio
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple


class Mail(NamedTuple):
    """Times are seconds since 1970. `began`: the connection. `peer`: the address of the worker."""

    arrived: float
    began: float
    message_id: str
    subject: str
    to: str
    peer: str

    @classmethod
    def parse(cls, line: str) -> "Mail":
        arrived, began, *words = line.split("\t")
        return cls(float(arrived), float(began), *words)


class Hook(NamedTuple):
    arrived: float
    path: str
    event_id: str
    sequence: int

    @classmethod
    def parse(cls, line: str) -> "Hook":
        arrived, path, event_id, sequence = line.split("\t")
        return cls(float(arrived), path, event_id, int(sequence))


OK = b"HTTP/1.1 204 No Content\r\n\r\n"
REPLIES = {b"EHLO": b"250 receiver", b"DATA": b"354 go on", b"QUIT": b"221 bye"}
HEADERS = {name: re.compile(rb"^%s: *(.*)$" % name.encode(), re.M | re.I) for name in ("Message-ID", "Subject")}


class Receiver:
    def __init__(self, lines: IO[str], delay: float) -> None:
        self.lines, self.delay = lines, delay

    def write(self, *words: str) -> None:
        self.lines.write("\t".join([f"{time.time():.3f}", *words]) + "\n")
        self.lines.flush()

    async def smtp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            began, to, peer = time.time(), "", writer.get_extra_info("peername")[0]
            await self._reply(writer, b"220 receiver")
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    to = line.partition(b"<")[2].partition(b">")[0].decode()
                await self._reply(writer, REPLIES.get(verb, b"250 ok"))
                if verb == b"DATA":
                    content = await reader.readuntil(b"\r\n.\r\n")
                    found = [pattern.search(content) for pattern in HEADERS.values()]
                    words = [each[1].decode().strip() if each else "" for each in found]
                    self.write(f"{began:.3f}", *words, to, peer)
                    await self._reply(writer, b"250 taken")
                elif verb == b"QUIT":
                    break
        writer.close()

    async def _reply(self, writer: asyncio.StreamWriter, reply: bytes) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        writer.write(reply + b"\r\n")
        await writer.drain()

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode().lower():
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
                body = await reader.readexactly(length)
                number = body.partition(b'"sequence":')[2].partition(b",")[0].decode().strip()
                self.write(head.split()[1], head.partition("webhook-id: ")[2].partition("\r\n")[0], number)
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(OK)
                await writer.drain()
        writer.close()


async def main(kind: str, address: str, folder: Path, delay: float) -> None:
    with (folder / "lines").open("a") as lines:
        receiver = Receiver(lines, delay)
        server = await asyncio.start_server(getattr(receiver, kind), address, 0, backlog=1000, limit=2**24)
        port = folder / "port.new"
        port.write_text(str(server.sockets[0].getsockname()[1]))
        port.rename(folder / "port")
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]) if len(sys.argv) > 4 else 0))
