import pytest

from bench.figures import PROJECT, Figures, Line, as_table, medians


def figures(per_second: float) -> Figures:
    return Figures(per_second, p50=2, p99=per_second / 10, server=1.5, database=0.25)


def test_medians_ignore_an_outlier():
    assert medians([figures(1), figures(800), figures(790)]) == figures(790)


def test_ratio_is_that_of_medians():
    line = Line("get", {PROJECT: [figures(600), figures(100), figures(620)], "peer": [figures(1000)] * 3})

    assert line.ratio("peer") == pytest.approx(0.6)
    assert line.ratios("peer") == pytest.approx([0.1, 0.6, 0.62])


def test_table_shows_all_servers():
    line = Line("get", {PROJECT: [figures(600)], "fast": [figures(1000)], "bare": [figures(1200)]})

    head, _, row = as_table([line]).splitlines()

    assert head.startswith("| operation | requests/s | ratio to fast | ratio to bare |")
    assert row == (
        "| get | 600 / 1000 / 1200 | **0.60** (0.60 to 0.60) | **0.50** (0.50 to 0.50) | 2.0 / 2.0 / 2.0 "
        "| 60.0 / 100.0 / 120.0 | 1.50 / 1.50 / 1.50 | 0.25 / 0.25 / 0.25 |"
    )
