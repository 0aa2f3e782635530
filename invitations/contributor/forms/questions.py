"""Security questions: what the provider asks, and what the account's owner answers."""

from typing import Any

from django import forms
from django.views.decorators.debug import sensitive_variables

from connections.services.credentials import SecurityAnswer

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
# each as (question, answer)
PAIRS = (
    ("security_question", "security_answer"),
    ("second_question", "second_answer"),
    ("third_question", "third_answer"),
)


class SecretInput(forms.PasswordInput):
    """Never shows what was typed: a text input, for browsers take several password inputs for several logins.

    `insists`: whether the browser holds back a form in which it is demanded and empty.
    """

    input_type = "text"
    insists = True

    def use_required_attribute(self, initial: Any) -> bool:
        return self.insists and super().use_required_attribute(initial)


def secret_field(label: str, *, help_text: str = "", max_length: int = 254, in_sight: bool = False) -> forms.CharField:
    """A field that may be left empty, and never comes back into a page.

    What is being typed is concealed as a password is, or `in_sight`.
    """
    attrs = {"data-extra": True} if in_sight else {"data-extra": True, "data-reveal": True, "class": "concealed"}
    widget = SecretInput(attrs=PLAIN | attrs)
    return forms.CharField(max_length=max_length, required=False, label=label, help_text=help_text, widget=widget)


class QuestionsForm(forms.Form):
    """Up to three answers, each with its question as the provider puts it; of one alone the question may be missing."""

    security_question = secret_field("Security question", help_text="As the provider asks it.", in_sight=True)
    security_answer = secret_field("Answer to the security question")
    second_question = secret_field("Second security question", in_sight=True)
    second_answer = secret_field("Answer to the second question")
    third_question = secret_field("Third security question", in_sight=True)
    third_answer = secret_field("Answer to the third question")

    def clean(self) -> dict[str, Any]:
        answered = [answer for _, answer in PAIRS if self.cleaned_data.get(answer)]
        for question, answer in PAIRS:
            if self.cleaned_data.get(question) and answer not in answered:
                self.add_error(answer, "Enter the answer to this question.")
            elif answer in answered and len(answered) > 1 and not self.cleaned_data.get(question):
                self.add_error(question, "Enter the question that this answers.")
        return self.cleaned_data

    @property
    @sensitive_variables()
    def answers(self) -> list[SecurityAnswer]:
        """What was typed. Only of a form that is valid."""
        said = self.cleaned_data
        pairs = [SecurityAnswer(question=said[question], answer=said[answer]) for question, answer in PAIRS]
        return [pair for pair in pairs if pair["answer"]]

    @property
    def more_questions(self) -> list[forms.BoundField]:
        """The questions after the first, and their answers."""
        return [self[name] for pair in PAIRS[1:] for name in pair]

    @property
    def has_more_questions(self) -> bool:
        """Whether some of `more_questions` have been filled in."""
        return any(field.errors or field.value() for field in self.more_questions)
