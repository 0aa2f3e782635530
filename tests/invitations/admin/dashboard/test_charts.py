"""Shares and capped numbers of the dashboard."""

from invitations.admin.dashboard.charts import Bar, capped_number


def test_share_is_never_rounded_away():
    wanted = {
        (0, 0): "–",
        (0, 10): "0 %",
        (1, 1_000): "< 1 %",
        (1, 3): "33 %",
        (999, 1_000): "> 99 %",
        (10, 10): "100 %",
    }

    assert {(part, whole): Bar("", "", "", part, "", whole).share for part, whole in wanted} == wanted


def test_capped_number_marks_more():
    assert {number: capped_number(number, limit=1_000) for number in (0, 1_000, 1_001)} == {
        0: "0",
        1_000: "1,000",
        1_001: "1,000+",
    }
