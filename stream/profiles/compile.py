"""Compiles the kernels into numba's cache, so that no worker starts with half a minute of compiling: run at set-up."""

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay

_LINES = (
    b'{"kind":"call","record_id":"1","calling":"+66921230001","called":"+66921230002","start_ms":0,"duration_s":1}',
    b'{"kind":"sms","record_id":"2","sender":"+66921230001","recipient":"+66921230002","submit_ms":0,"text":"a"}',
)


def compile_kernels() -> None:
    """Run the whole way once over two records, and read a checkpoint back."""
    replay = Replay(shipped_policy(), Operator(), None, None, lambda output, dead: None, feedback=False)
    replay.run(Line("", number, raw) for number, raw in enumerate(_LINES, 1))
    chunks = replay.partition.checkpoint(full=True)
    replay.partition.restore(chunks)


if __name__ == "__main__":
    compile_kernels()
    print("kernels compiled")
