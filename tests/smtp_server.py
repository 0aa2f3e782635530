"""SMTP server that speaks from a script, on a thread: any reply at any stage, silence, or a cut connection."""

import socket
import threading
import time
from contextlib import suppress
from typing import Self

EXTENSIONS = "250-scripted\r\n250 8BITMIME"
ACCEPTING = {
    "CONNECT": "220 scripted",
    "EHLO": EXTENSIONS,
    "HELO": "250 scripted",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "END": "250 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}
# in place of a reply
CUT, SILENCE, DRIP = "<cut>", "<silence>", "<drip>"
DRIP_PAUSE = 0.05


class ScriptedServer:
    """`script` replaces replies of `ACCEPTING` by their stage. `heard`: the commands; `mails`: what followed `DATA`."""

    def __init__(self, **script: str) -> None:
        self.script = ACCEPTING | script
        self.heard: list[str] = []
        self.mails: list[bytes] = []
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._listener.close()

    def says(self, **script: str) -> None:
        """Speak by this script from now on."""
        self.script = ACCEPTING | script

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._talk, args=[client], daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines, suppress(OSError, EOFError):
            self._reply(client, "CONNECT")
            for line in lines:
                command = line.decode().strip()
                self.heard.append(command)
                stage = command.split(" ")[0].upper()
                self._reply(client, stage)
                if stage == "DATA" and self.script["DATA"].startswith("354"):
                    content = iter(lines.readline, b".\r\n")
                    self.mails.append(b"".join(content))
                    self._reply(client, "END")

    def _reply(self, client: socket.socket, stage: str) -> None:
        reply = self.script.get(stage, "502 5.5.2 unknown command")
        if reply == CUT:
            raise EOFError
        if reply == SILENCE:
            self._ended.wait(60)
            raise EOFError
        if reply == DRIP:
            while not self._ended.is_set():
                client.sendall(b"2")
                time.sleep(DRIP_PAUSE)
            raise EOFError
        client.sendall(f"{reply}\r\n".encode())
