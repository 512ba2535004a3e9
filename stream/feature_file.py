"""The feature row of each scored sighting, as a Parquet file."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.profiles.features import FEATURES


class FeatureFile:
    """A context manager that appends batches as row groups."""

    def __init__(self, path: Path) -> None:
        columns: list[tuple[str, Any]] = [("entity", pa.uint64()), ("event_ms", pa.int64())]
        columns += [(name, pa.float32()) for name in FEATURES]
        columns += [(f"score_{name}", pa.float64()) for name in FRAUD_TYPES]
        self._schema = pa.schema(columns)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, sightings: NDArray[np.void], rows: NDArray[np.float32], scores: NDArray[np.float64]) -> None:
        """One batch of scored sightings."""
        columns = [np.ascontiguousarray(sightings["entity"]), np.ascontiguousarray(sightings["event_ms"])]
        columns += list(np.ascontiguousarray(rows.T)) + list(np.ascontiguousarray(scores.T))
        self._writer.write_table(pa.Table.from_arrays([pa.array(c) for c in columns], schema=self._schema))

    def __enter__(self) -> "FeatureFile":
        return self

    def __exit__(self, *failure: object) -> None:
        self._writer.close()
