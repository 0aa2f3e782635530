"""Mails as files, for development and tests."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend
from uuid_utils.compat import uuid7


class MailFileError(Exception):
    """The folder of `EMAIL_URL` cannot be written. The message is the reason of the operating system."""


class FileTransport(EmailBackend):
    """Write each mail to its own file. Django's file names can collide within a second."""

    stream: Any

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write all mails. Raises `MailFileError` and leaves no file if the disk is full."""
        try:
            return super().send_messages(email_messages)
        except OSError as error:
            self._delete_cut_file()
            raise MailFileError(error.strerror) from error

    def _delete_cut_file(self) -> None:
        cut, self.stream = self.stream, None
        if cut is not None:
            with suppress(OSError):  # it tries to write the rest
                cut.close()
            Path(cut.name).unlink(missing_ok=True)

    def _get_filename(self) -> str:
        return str(Path(self.file_path) / f"{uuid7()}.log")
