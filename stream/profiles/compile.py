"""Compiles the kernels into numba's cache, so that no worker starts with half a minute of compiling: run at set-up.

Numba keeps one compilation for each set of types, so each kind of record is there, and each way that they go.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from numba import config

import linewatch
from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.half_space_trees import AnomalyLearner, arrays, score
from linewatch.models.online.snapshot import Judged, weighed
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.warning import acting
from linewatch.stream.intake.reputation import KINDS, Reputation, Whence
from linewatch.stream.order.partitioner import partition_of
from linewatch.stream.order.sighting import SIGHTING
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.files import Line
from linewatch.stream.replay import FILES, Replay

_CALLS = 60


def _records() -> Iterator[dict[str, object]]:
    """One of each kind, and as many calls and messages by one number as open the gate."""
    for index in range(_CALLS):
        call = {"kind": "call", "record_id": f"c{index}", "calling": "+66921230001", "called": f"+6692124{index:04d}"}
        yield call | {"start_ms": index * 1000, "duration_s": 0, "ring_s": 2.0, "leg": "mo"}
        sender = "+66921230001" if index % 2 else "Bank"
        sms = {"kind": "sms", "record_id": f"m{index}", "sender": sender, "recipient": f"+6692124{index:04d}"}
        yield sms | {"submit_ms": index * 1000, "text": f"you have won {index} dollars, claim the prize at www.example.com/x"}
    about = {"number": "+66921230001", "at_ms": _CALLS * 1000}
    yield about | {"kind": "subscriber", "record_id": "s", "event": "activated"}
    yield about | {"kind": "verdict", "record_id": "v", "verdict": "fraud", "source": "analyst"}


def compile_kernels() -> None:
    """Run the whole way once over some records, and read a full unit and one of changes back."""
    replay = Replay(shipped_policy(), Operator(), TextModel.load(), NumberModel.load(FEATURES), lambda output, dead: None)
    replay.run(Line("", number, msgspec.json.encode(record)) for number, record in enumerate(_records(), 1))
    full = list(replay.partition.checkpoint(full=True))
    replay.partition.store.numbers.dirty[:1] = 1
    changes = list(replay.partition.checkpoint(full=False))
    restored = Partition(0, len(FILES), None)
    restored.restore(full)
    restored.restore(changes)
    partition_of(np.ones(1, np.uint64), 8)
    acting(np.zeros(1, SIGHTING), np.ones(1, np.uint64))
    reputation, one = Reputation(), np.ones(1, np.uint64)
    reputation.hear([Judged(1, "sim_box", True, 0)], 0)
    reputation.odds(Whence(one, (one,) * len(KINDS)), np.zeros(1, np.int64))
    weighed(np.zeros((1, len(FEATURES))), np.zeros((len(FEATURES) + 1, len(FRAUD_TYPES))))
    score(np.zeros((1, len(FEATURES))), *arrays(AnomalyLearner(len(FEATURES)).forest()))


def forget_compiled() -> None:
    """Drop what was compiled before: numba looks whether a kernel's own file is newer, not those that it takes kernels from."""
    if config.CACHE_DIR:  # type: ignore[attr-defined]  # its stubs leave it out
        return  # not beside the kernels, and not ours alone
    top = Path(linewatch.__file__).parent
    for folder in ("stream", "models"):
        for compiled in (top / folder).resolve().rglob("__pycache__/*.nb[ic]"):
            compiled.unlink(missing_ok=True)


if __name__ == "__main__":
    forget_compiled()
    compile_kernels()
    print("kernels compiled")
