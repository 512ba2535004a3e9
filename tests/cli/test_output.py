"""Ctrl-C while records or a log are read: at the end of the batch, once; what was set up before stands again after it."""

import os
import signal

import pytest

from linewatch.stream.cli.output import log_bar, record_progress


@pytest.mark.parametrize(("bar", "told"), [(record_progress, (1,)), (log_bar, (1, 2))])
def test_ctrl_c_ends_the_reading_between_batches(bar: object, told: tuple[int, ...]) -> None:
    before = signal.getsignal(signal.SIGINT)
    reached = []

    def read() -> None:
        with bar() as tell:  # type: ignore[operator]  # one of the two
            tell(*told)
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("the end of the batch")
            tell(*told)
            reached.append("another batch")

    with pytest.raises(KeyboardInterrupt):
        read()
    assert reached == ["the end of the batch"]
    assert signal.getsignal(signal.SIGINT) is before
