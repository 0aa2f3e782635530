"""Domain errors: each has a stable code for programs and a message for people.

Services raise them. One handler per interface turns them into a problem document, a form error or an admin message.
"""

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DomainError(Exception):
    """The current state does not allow the operation. Maps to 409; subclasses name the case."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "REFUSED"
    default_message: ClassVar["StrOrPromise"] = _("This cannot be done now.")

    def __init__(self, message: str | None = None) -> None:
        self.detail = str(message or self.default_message)
        super().__init__(self.detail)


class NotFound(DomainError):
    """Not found, or not visible to the caller. Maps to 404."""

    status = 404
    code = "NOT_FOUND"
    default_message = _("Not found.")


class InvalidField(DomainError):
    """A value is invalid. Maps to 400.

    `field` is a path in the service's own field names, such as `("prefill", "initial_sites", 0)`. Each interface
    translates it to its names.
    """

    status = 400
    code = "INVALID"

    def __init__(self, field: tuple[str | int, ...], message: str, *, code: str = "invalid") -> None:
        super().__init__(message)
        self.field = field
        self.field_code = code
