"""Options of the socket that listens."""

import socket
import sys

import pytest

from config.server.sockets import UNREAD_SECONDS, limit_unread_responses


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has TCP_USER_TIMEOUT")
def test_connections_inherit_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        limit_unread_responses.__wrapped__()
        client.connect(listener.getsockname())
        with listener.accept()[0] as connection:
            deadline = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert deadline == UNREAD_SECONDS * 1000
