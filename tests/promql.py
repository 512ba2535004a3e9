"""What rule files and dashboards ask Prometheus for: their queries, the metrics named in them, the metrics there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from linewatch.stream.metrics import Metrics

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "config" / "prometheus"
DASHBOARDS = ROOT / "config" / "grafana" / "dashboards"
PROVISIONING = ROOT / "config" / "grafana" / "provisioning"
WORDS = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "offset", "bool"))
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


class Rule(NamedTuple):
    """One rule of a file; `text` is all of it."""

    name: str
    alert: bool
    expr: str
    text: str


def rules_of(file: Path) -> Iterator[Rule]:
    """The rules of a file, as ours are written: `- alert:` or `- record:` first, `expr:` on one line or as a block."""
    for text in re.split(r"\n(?= +- (?:alert|record):)", file.read_text())[1:]:
        kind, name = re.match(r" +- (alert|record): (\S+)", text).groups()  # type: ignore[union-attr]  # each begins so, by the split
        block = re.search(r"\n( +)expr: (?:\|\n((?:\1 +.*\n?|\n)+)|(.*))", text)
        assert block, name
        yield Rule(name, kind == "alert", block[2] or block[3], text)


def queries_of(dashboard: Path) -> Iterator[tuple[str, str]]:
    """Title and query of each panel, with times where Grafana has variables."""
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m").replace("$__range", "1h")


def names_in(query: str) -> set[str]:
    """The metrics that a query names: identifiers that are no keyword, function, label or grouping."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\boffset +\w+|\$\w+', " ", query)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    return set(re.findall(r"(?<![\w:])[a-zA-Z_:][\w:]*\b(?!\s*\()", bare)) - WORDS


def known_names() -> set[str]:
    """What can be asked for: the worker's metrics by the names that they are scraped by, `up`, and recorded rules."""
    families = list(Metrics().registry.collect())
    scraped = {family.name + suffix for family in families for suffix in SUFFIXES[family.type]}
    return scraped | {"up"} | {rule.name for rule in rules_of(FOLDER / "recording.yml")}
