from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from config.form_fields import QuickCopy, TypedCharField, UncutCharField
from connections.services.credentials import SecurityAnswer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
INCOMPLETE = _("This page was not complete. Reload it, then try again.")
# (question, answer)
PAIRS = (
    ("security_question", "security_answer"),
    ("second_question", "second_answer"),
    ("third_question", "third_answer"),
)


class SecretField(UncutCharField):
    """A secret, kept exactly as typed. Blanks alone count as empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text if isinstance(text, str) and text.strip() else self.empty_value


class SecretInput(QuickCopy, forms.PasswordInput):
    """Text input that never renders its value. Browsers take several password inputs for several logins.

    `use_required`: whether the browser stops a form in which this required input is empty.
    """

    input_type = "text"
    use_required = True

    def use_required_attribute(self, initial: Any) -> bool:
        return self.use_required and super().use_required_attribute(initial)


def secret_field(
    label: "StrOrPromise", *, help_text: "StrOrPromise" = "", max_length: int = 254, is_concealed: bool = True
) -> UncutCharField:
    """Optional field whose value never returns to a page. The browser hides it while it is typed if `is_concealed`."""
    attrs: dict[str, Any] = {"data-reveal": True, "class": "concealed"} if is_concealed else {}
    widget = SecretInput(attrs=PLAIN | {"data-extra": True} | attrs)
    field = SecretField if is_concealed else TypedCharField
    return field(max_length=max_length, required=False, label=label, help_text=help_text, widget=widget)


class QuestionsForm(forms.Form):
    """Up to three security questions with their answers. A single answer may come without its question."""

    security_question = secret_field(
        _("Security question"), help_text=_("Write it as the provider does."), is_concealed=False
    )
    security_answer = secret_field(_("Answer to the security question"))
    second_question = secret_field(_("Second security question"), is_concealed=False)
    second_answer = secret_field(_("Answer to the second question"))
    third_question = secret_field(_("Third security question"), is_concealed=False)
    third_answer = secret_field(_("Answer to the third question"))

    def clean(self) -> dict[str, Any]:
        answered = [answer for _, answer in PAIRS if self.cleaned_data.get(answer)]
        for question, answer in PAIRS:
            if self.cleaned_data.get(question) and answer not in answered:
                self.add_error(answer, _("Enter the answer to this question."))
            elif answer in answered and len(answered) > 1 and not self.cleaned_data.get(question):
                self.add_error(question, _("Enter the question that this answers."))
        return self.cleaned_data

    @property
    @sensitive_variables()
    def answers(self) -> list[SecurityAnswer]:
        """The answers of a valid form."""
        data = self.cleaned_data
        pairs = [SecurityAnswer(question=data[question], answer=data[answer]) for question, answer in PAIRS]
        return [pair for pair in pairs if pair["answer"]]

    @property
    def more_questions(self) -> list[forms.BoundField]:
        """The second and third question with their answers."""
        return [self[name] for pair in PAIRS[1:] for name in pair]

    @property
    def has_more_questions(self) -> bool:
        return any(field.errors or field.value() for field in self.more_questions)
