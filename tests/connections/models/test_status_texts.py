from connections.models.status import Status
from connections.models.status_texts import STATUS_TEXTS


def test_every_status_has_its_own_text():
    assert set(STATUS_TEXTS) == set(Status)
    assert len({str(text.title) for text in STATUS_TEXTS.values()}) == len(Status)


def test_status_texts_have_no_exclamation_marks():
    assert not [status for status, text in STATUS_TEXTS.items() if "!" in f"{text.title}{text.explanation}"]


def test_wrong_password_and_outage_differ():
    assert "password is not right" in str(STATUS_TEXTS[Status.PASSWORD_INCORRECT].explanation)
    assert "may well be right" in str(STATUS_TEXTS[Status.WEBSITE_DOWN].explanation)
