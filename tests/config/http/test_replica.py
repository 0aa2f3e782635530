import pytest

from config.http.replica import COOKIE, NEVER_REACHED, written_by

NO_POSITIONS = ["", "-1", "٣", "1e9", "9" * 20, "9" * 5000]


@pytest.mark.parametrize(
    ("cookie", "position"),
    [(None, 0), ("0", 0), ("83886080", 83886080), *((text, NEVER_REACHED) for text in NO_POSITIONS)],
)
def test_cookie_that_is_no_position_never_matches(rf, cookie, position):
    request = rf.get("/admin/")
    if cookie is not None:
        request.COOKIES[COOKIE] = cookie

    assert written_by(request) == position
