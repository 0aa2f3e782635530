"""Socket options that granian does not set."""

import os
import socket
from contextlib import suppress
from functools import cache

UNREAD_SECONDS = 60


@cache
def limit_unread_responses() -> None:
    """Let the kernel end connections whose client takes no byte of a response for a minute (Linux).

    Connections inherit the option of the socket that listens (tcp(7), `TCP_USER_TIMEOUT`). It exists only after the
    application was loaded, so the first request calls this.
    """
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        return
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError), socket.socket(fileno=os.dup(int(number))) as found:
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_SECONDS * 1000)
                found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
