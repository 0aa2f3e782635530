from procrastinate.contrib.django import app

from config.management.commands.procrastinate import divide


def places(queues, concurrency=None):
    return {
        " ".join(part["queues"]): part["concurrency"] for part in divide(queues, concurrency=concurrency, default=4)
    }


def test_each_kind_of_jobs_has_places():
    queues = {task.queue for task in app.tasks.values()}
    others = {"codes": 2, "batches default": 3, "webhooks": 100}
    assert places(queues) == {**others, "builtin codes mail": 4}
    assert places(queues, 16) == {**others, "builtin codes mail": 16}


def test_chosen_queues_keep_their_places():
    assert {name: (places(name.split()), places(name.split(), 16)) for name in ("codes", "mail", "codes mail")} == {
        "codes": ({"codes": 2}, {"codes": 16}),
        "mail": ({"mail": 4}, {"mail": 16}),
        "codes mail": ({"codes": 2, "codes mail": 4}, {"codes": 2, "codes mail": 16}),
    }
