"""Messages a second on one core: the text model alone, and the whole way through `replay`, by how many texts are copies.

`python -m linewatch.training.bench.messages`. A copy differs from its template in digits and in the tail of its link.
Texts that are no copies are sentences of words drawn at random, new ones each time, so that no memory helps.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.memory import settle
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.train.own_examples import ENGLISH_COPIES, own_rows

BATCH: Final = 4096
_WORDS: Final = 20_000
_EPOCH_MS: Final = 1_700_000_000_000


def texts(count: int, copied: float, random: np.random.Generator) -> list[str]:
    """`count` texts, of which `copied` are copies of some 200 templates."""
    letters = np.array(list("abcdefghijklmnoprstuvwyz"))
    words = np.array(["".join(random.choice(letters, size)) for size in random.integers(2, 10, _WORDS)])
    templates = [text for text, _, language, _ in own_rows(random) if language == "en"][::ENGLISH_COPIES]
    copies = random.random(count) < copied
    drawn = words[random.integers(0, _WORDS, (count, 14))]
    chosen, numbers = random.integers(0, len(templates), count), random.integers(1000, 9999, count)
    return [
        f"{templates[chosen[place]]} ref {numbers[place]}" if copies[place] else " ".join(drawn[place].tolist())
        for place in range(count)
    ]


def model_alone(made: list[str]) -> float:
    """CPU seconds for all, in batches as intake has them."""
    model = TextModel.load()
    senders = ["+66812345678"] * BATCH
    model.score(made[:64], senders[:64])
    begin = time.process_time()
    for at in range(0, len(made), BATCH):
        batch = made[at : at + BATCH]
        model.score(batch, senders[: len(batch)])
    return time.process_time() - begin


def _records(made: list[str], random: np.random.Generator) -> Iterator[bytes]:
    senders = random.integers(10_000_000, 10_050_000, len(made))
    recipients = random.integers(10_000_000, 10_200_000, len(made))
    for place, text in enumerate(made):
        record = {
            "kind": "sms",
            "record_id": f"m{place}",
            "sender": f"+668{senders[place]}",
            "recipient": f"+668{recipients[place]}",
            "submit_ms": _EPOCH_MS + place * 5,
            "text": text,
        }
        yield msgspec.json.encode(record)


def whole_way(made: list[str], random: np.random.Generator) -> float:
    """CPU seconds of a replay of as many message records, all models on."""
    lines = [Line("bench", place + 1, raw) for place, raw in enumerate(_records(made, random))]
    replay = Replay(shipped_policy(), Operator(), TextModel.load(), NumberModel.load(FEATURES), lambda output, dead: None)
    settle()
    begin = time.process_time()
    summary = replay.run(lines)
    lasted_s = time.process_time() - begin
    assert (summary.records, summary.dead_letters) == (len(made), 0), summary
    return lasted_s


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    count = parser.parse_args().messages
    table = Table("copies", "text model alone, messages per CPU-second", "whole replay")
    for copied in (0.99, 0.9, 0.5, 0.0):
        random = np.random.default_rng(1)
        made = texts(count, copied, random)
        table.add_row(f"{copied:.0%}", f"{count / model_alone(made):,.0f}", f"{count / whole_way(made, random):,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
