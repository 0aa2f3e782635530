"""Domain errors: each has a stable code for programs and a message for people.

Services raise them. One handler per interface turns them into a problem document, a form error or an admin message.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Given = ParamSpec("Given")
Checked = TypeVar("Checked")


class DomainError(Exception):
    """The current state does not allow the operation. Maps to 409; subclasses name the case."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "REFUSED"
    default_message: ClassVar["StrOrPromise"] = _("This cannot be done now.")
    # attributes that a problem document has as further members, with ids as values
    members: ClassVar[tuple[str, ...]] = ()

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

    @property
    def errors(self) -> tuple["InvalidField", ...]:
        return (self,)


class InvalidFields(InvalidField):
    """Several values are invalid. For an interface that shows one error, it is the first."""

    def __init__(self, errors: tuple[InvalidField, ...]) -> None:
        first = errors[0]
        super().__init__(first.field, first.detail, code=first.field_code)
        self._errors = errors

    @property
    def errors(self) -> tuple[InvalidField, ...]:
        return self._errors


class FieldErrors:
    """Collected errors of several checks: `errors.check(function, value)`, then `errors.raise_all()`."""

    def __init__(self) -> None:
        self._errors: list[InvalidField] = []

    def check(self, function: Callable[Given, Checked], *args: Given.args, **kwargs: Given.kwargs) -> Checked | None:
        """Return what the function returns. None if it raises `InvalidField`, which is kept."""
        try:
            return function(*args, **kwargs)
        except InvalidField as error:
            self._errors.extend(error.errors)
            return None

    def has(self, *field: str | int) -> bool:
        """Return whether an error of this field was kept."""
        return any(error.field == field for error in self._errors)

    def raise_all(self) -> None:
        """Raise `InvalidField` or `InvalidFields` if a check failed."""
        if len(self._errors) > 1:
            raise InvalidFields(tuple(self._errors))
        if self._errors:
            raise self._errors[0]
