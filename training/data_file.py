"""Gzipped CSV files of real data, handed in by whoever trains or measures."""

import csv
import gzip
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from linewatch.config.errors import UnusableInput

Row = TypeVar("Row")
NAMED: Final = 8
"""Columns that an error lists; some sets have dozens."""


def file_of(data: Path, name: str) -> Path:
    """A file that is given itself, or by the folder that it lies in under its name."""
    return data / name if data.is_dir() else data


def read_csv(path: Path, columns: Sequence[str], make: Callable[..., Row]) -> list[Row]:
    """What `make` makes of each line's `columns`, given by place, None for those that a line ends before.

    Raises UnusableInput where the file cannot be read or lacks a column, with the line where `make` raises ValueError.
    """
    more = ", ..." if len(columns) > NAMED else ""
    mend = f"it must be a gzipped CSV in UTF-8 with the columns {', '.join(columns[:NAMED])}{more}"
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise UnusableInput(f"{path} lacks the columns {', '.join(missing)}; {mend}")
            rows = []
            for line in reader:
                try:
                    rows.append(make(*map(line.get, columns)))
                except (ValueError, TypeError) as error:
                    raise UnusableInput(f"{path} line {reader.line_num}: {error}; {mend}") from None
    except (OSError, EOFError, ValueError, zlib.error, csv.Error) as error:
        raise UnusableInput(f"{path} cannot be read: {error}; {mend}") from None
    if not rows:
        raise UnusableInput(f"{path} has no lines; {mend}")
    return rows
