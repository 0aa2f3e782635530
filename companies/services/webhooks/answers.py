from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class Answer:
    """`body` is the beginning of the response as text. `error` says why there was none; `status` is None then."""

    status: int | None
    body: str = ""
    error: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and HTTPStatus(200) <= self.status < HTTPStatus(300)

    @property
    def result(self) -> str:
        """`delivered`, the class of another status such as `status_5xx`, or `no_answer`."""
        if self.is_success:
            return "delivered"
        return "no_answer" if self.status is None else f"status_{self.status // 100}xx"

    @property
    def is_gone(self) -> bool:
        return self.status == HTTPStatus.GONE
