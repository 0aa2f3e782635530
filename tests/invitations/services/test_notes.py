import pytest

from config.exceptions import InvalidField
from invitations.services.notes import check_note


def is_refused(note):
    try:
        check_note(note, 300)
    except InvalidField:
        return True
    return False


@pytest.mark.parametrize("note", ["See http://evil.example", "www.evil.example", "pay at evil.example/now", "x" * 301])
def test_note_with_link_is_refused(note):
    assert is_refused(note)


def test_note_may_name_things():
    assert not is_refused("Ask E.ON or otto@example.com, Gallen St.\nMr. Ng and/or Ms. Li have it, e.g. on 1.12./2.12.")
