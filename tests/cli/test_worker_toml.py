"""The configuration that is shipped says what the defaults are, and names every key."""

import tomllib
from pathlib import Path

import msgspec

from linewatch.config.worker import WorkerConfig, load_worker_config

SHIPPED = Path(__file__).parents[2] / "config" / "worker.toml"


def test_the_shipped_configuration_is_the_defaults() -> None:
    assert load_worker_config(SHIPPED) == WorkerConfig()


def test_every_key_stands_in_it() -> None:
    text = SHIPPED.read_text()
    for section in msgspec.structs.fields(WorkerConfig):
        part = text.split(f"[{section.name}]", 1)[1].split("\n[", 1)[0]
        for key in msgspec.structs.fields(section.type):
            assert any(line.lstrip("# ").startswith(f"{key.name} =") for line in part.splitlines()), (section.name, key.name)


def test_every_line_with_a_key_has_a_comment() -> None:
    keys = [line for line in SHIPPED.read_text().splitlines() if " = " in line and not line.startswith("#")]
    assert keys
    assert len(keys) == sum(len(section) for section in tomllib.loads(SHIPPED.read_text()).values())
    assert all("#" in line for line in keys)
