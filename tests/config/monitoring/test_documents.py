"""Dashboard, alerts and the page about them name metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config.monitoring.metrics import PREFIX, Durations, declared
from config.operations import figures
from config.operations.figures import DatabaseFigures
from config.operations.partitions import PartitionFigures
from config.operations.queues import QueueFigures
from config.server import request_metrics

FOLDER = Path(settings.BASE_DIR) / "docs" / "operations"
PAGE = (FOLDER / "monitoring.md").read_text(encoding="utf-8")
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])
]
SELECTOR = re.compile(PREFIX + r"\w+(?:\{([^}]*)\})?")


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Labels of each metric, also of those that are asked of the database."""
    known = figures.Figures([QueueFigures("mail", 0, 0, 0, 0, 0, 0)], 1, 0, 0, None, [PartitionFigures("event", 0, 0)])
    monkeypatch.setattr(figures, "_read", lambda is_web: known)
    families: Any = DatabaseFigures(is_web=True).collect()
    assert request_metrics.REQUESTS.name in declared
    return {family.name: set(family.samples[0].labels) for family in families} | {
        name: set(metric.labels) for name, metric in declared.items()
    }


def test_expressions_name_known_metrics(metrics):
    of_samples = metrics | {
        name + suffix: labels | {"le"}
        for name, labels in metrics.items()
        if isinstance(declared.get(name), Durations)
        for suffix in ("_bucket", "_sum", "_count")
    }
    unknown = []
    for expression in EXPRESSIONS:
        for selector in SELECTOR.finditer(expression):
            name = selector[0].partition("{")[0]
            matched = set(re.findall(r'(\w+)(?:=|!=|=~|!~)"', selector[1] or ""))
            if not matched <= of_samples.get(name, set()) or name not in of_samples:
                unknown.append(selector[0])
    assert unknown == []
    assert len(EXPRESSIONS) > 30


def test_every_metric_is_used_and_described(metrics):
    used = " ".join(EXPRESSIONS)

    assert {name for name in metrics if name not in used} == set()
    described = dict(re.findall(r"^\| `(latchkey_\w+)` \|(.*?)\|", PAGE, re.MULTILINE))
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in described.items()} == metrics


def test_every_alert_is_complete_and_described():
    assert {next(iter(rule)) for rule in RULES} == {"alert"}
    assert {rule["labels"]["severity"] for rule in RULES} == {"critical", "warning", "info"}
    assert all({"summary", "description"} == set(rule["annotations"]) for rule in RULES)
    assert re.findall(r"^\| `(Latchkey\w+)`", PAGE, re.MULTILINE) == [rule["alert"] for rule in RULES]
