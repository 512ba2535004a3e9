"""Set-up compiles all that a run needs: a first run adds nothing to numba's cache."""

import os
import subprocess
import sys
from pathlib import Path


def test_a_first_run_compiles_nothing(simulated: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}

    def run(*arguments: str) -> set[str]:
        argv = [sys.executable, "-m", *arguments]
        subprocess.run(argv, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=600)
        return {path.name for path in cache.rglob("*.nbc")}

    compiled = run("linewatch.stream.profiles.compile")
    assert len(compiled) > 20
    records, operator = str(simulated / "records.jsonl.gz"), str(simulated / "operator.toml")
    assert run("linewatch", "replay", records, "--operator", operator, "--flags", str(tmp_path / "f")) == compiled
