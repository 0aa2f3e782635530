from config.durations import describe_seconds


def test_describe_seconds_rounds_up():
    wanted = {
        0: "1 second",
        1: "1 second",
        59: "59 seconds",
        60: "1 minute",
        61: "2 minutes",
        3540: "59 minutes",
        3541: "1 hour",
        3601: "1 hour, 1 minute",
        86399: "1 day",
    }

    assert {seconds: describe_seconds(seconds) for seconds in wanted} == wanted
