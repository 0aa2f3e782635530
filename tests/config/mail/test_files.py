import pytest
from django.core.mail import EmailMessage

from config.mail.files import FileTransport, MailFileError


@pytest.fixture
def full_disk(tmp_path, monkeypatch):
    """A folder whose next file is on a device that is full."""
    (tmp_path / "mail.log").symlink_to("/dev/full")
    monkeypatch.setattr(FileTransport, "_get_filename", lambda _: str(tmp_path / "mail.log"))
    return tmp_path


def test_full_disk_leaves_no_cut_file(full_disk):
    transport = FileTransport(file_path=str(full_disk))

    with pytest.raises(MailFileError, match="No space left on device"):
        transport.send_messages([EmailMessage("Subject", "x" * 100_000, to=["anna@example.com"])])

    assert list(full_disk.iterdir()) == []
