import base64
import os

from config.crypto.keyring import Keyring
from invitations.services.encrypted_columns import keys_in_use
from tests.factories import make_invitation

OLD, NEW = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))


def test_operators_see_which_keys_rows_use(db, settings):
    settings.KEYRING = Keyring([OLD])
    make_invitation()
    settings.KEYRING = Keyring([NEW, OLD])
    make_invitation()
    make_invitation()

    assert keys_in_use().facts == [("An older key of the ring", 1), ("The newest key", 2)]

    settings.KEYRING = Keyring([NEW])
    assert keys_in_use().facts == [("A key that is missing", 1), ("The newest key", 2)]
