"""The files that a replay writes, each where its option was given."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from linewatch.stream.cli.files import create


class Outputs:
    """Opens them by option; `stack` closes them. Counts dead letters by their reason, written or not."""

    def __init__(self, stack: ExitStack, paths: Mapping[str, Path | None]) -> None:
        files = {option: stack.enter_context(create(path)) for option, path in paths.items() if path is not None}
        self.flags = files["--flags"]
        self.dead, self.messages, self.warnings, self.shadow = (
            files.get(f"--{name}") for name in ("dead-letters", "message-scores", "warnings", "shadow-flags")
        )
        self.features = stack.enter_context(_parquet(files["--features"])) if "--features" in files else None
        self.reasons: Counter[str] = Counter()

    def write(self, output: Any, dead: Sequence[Any] = ()) -> None:
        """What one batch gave."""
        from linewatch.stream.replay import line_of

        self.flags.writelines(map(line_of, output.flags))
        for file, given in ((self.warnings, output.warnings), (self.shadow, output.shadow)):
            if file is not None:
                file.writelines(map(line_of, given))
        self.reasons.update(letter.reason for letter in dead)
        if self.dead is not None:
            self.dead.writelines(letter.json_line() for letter in dead)
        if self.features is not None:
            for sightings, rows, scores in output.feature_rows:
                self.features.write(sightings, rows, scores)

    def score_messages(self, ids: Sequence[str], scores: list[Any]) -> None:
        """A line per message; null where it has no text."""
        assert self.messages is not None
        for record_id, row in zip(ids, scores, strict=True):
            values = [None] * 5 if row is None else [round(float(value), 6) for value in row]
            names = ("fraud", "spam", "otp", "ordinary", "familiar")
            self.messages.write(msgspec.json.encode({"record_id": record_id, **dict(zip(names, values, strict=True))}) + b"\n")


def _parquet(file: Any) -> Any:
    from linewatch.stream.feature_file import FeatureFile

    return FeatureFile(file)
