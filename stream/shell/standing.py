"""The topic of states, `standing`: what is left of a number there, and how it is taken out."""

from linewatch.config.operator import Operator
from linewatch.config.worker import WorkerConfig
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.shell import push
from linewatch.stream.shell.topics import Names


def bury(config: WorkerConfig, entity: int, operator: Operator) -> int:
    """Write a tombstone for each state of a number, in whatever form the number stands there; returns how many."""
    topic = Names(config.topics.prefix).standing
    plans = NumberPlans(operator.country)
    held: dict[tuple[int, bytes], bool] = {}
    reader = push.consumer(config)
    try:
        for number in push.numbers_of(reader, topic):
            for message in push.messages(reader, topic, number):
                key = message.key() or b""
                text = key.decode("utf-8", "replace").rpartition("|")[0]
                if text and int(plans.ids([text])[0]) == entity:
                    held[number, key] = message.value() is not None
    finally:
        reader.close()
    tombstones: list[push.Record] = [(topic, number, key, None) for (number, key), stands in held.items() if stands]
    if tombstones:
        push.send(config, tombstones)
    return len(tombstones)
