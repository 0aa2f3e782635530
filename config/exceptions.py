"""Refusals: every 'no' has a stable code for programs and a sentence for people.

Services raise them; one handler per interface turns them into a problem document, a form error or an
admin message.
"""

from typing import ClassVar


class DomainError(Exception):
    """The state forbids it: 409 on the wire. Subclasses name the case."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "REFUSED"
    default_message: ClassVar[str] = "This cannot be done now."

    def __init__(self, sentence: str | None = None) -> None:
        self.detail = sentence or self.default_message
        super().__init__(self.detail)


class NotFound(DomainError):
    """It does not exist, or not for whoever asks: 404."""

    status = 404
    code = "NOT_FOUND"
    default_message = "There is nothing here."


class InvalidField(DomainError):
    """A value does not hold: 400, naming the field.

    `field` is a path in the field names of the service, such as `("prefill", "initial_sites", 0)`;
    each interface spells it in its own way.
    """

    status = 400
    code = "INVALID"

    def __init__(self, field: tuple[str | int, ...], sentence: str, *, code: str = "invalid") -> None:
        super().__init__(sentence)
        self.field = field
        self.field_code = code
