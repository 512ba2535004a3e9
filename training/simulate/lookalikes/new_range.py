"""A new range of numbers, opened with many customers at once: all sign in to their services anew, and call, write and answer."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate import texts
from linewatch.training.simulate.frauds.sms_pumping import codes
from linewatch.training.simulate.world import Objects, Times, World

PER_2000 = 1


def make(world: World) -> Objects:
    """All customers of one range, within a day."""
    people = world.new_block(int(world.random.integers(30, 90)), False)
    begun = world.moment(12 * HOUR_MS) + world.random.integers(0, round(world.draw((6.0, 14.0)) * HOUR_MS), len(people))
    begun = np.minimum(begun, world.end_ms - HOUR_MS)
    for person, at in zip(people.tolist(), begun.tolist(), strict=True):
        world.happen(person, "activated", at)
    signed_in = np.repeat(np.arange(len(people)), world.random.integers(2, 7, len(people)))
    codes(world, people[signed_in], _soon(world, begun[signed_in], 3.0))
    acts = np.repeat(np.arange(len(people)), world.random.integers(2, 10, len(people)))
    friends = world.strangers(len(acts))
    half = len(acts) // 2
    order = world.random.permutation(len(acts))
    calls, chats, answers = order[:half], order[half:], order[: half // 2]
    world.call(people[acts[calls]], friends[calls], _soon(world, begun[acts[calls]], 12.0), 0.7, 90.0)
    lines = list(texts.ordinary(world.random, len(chats)))
    world.text(people[acts[chats]], friends[chats], _soon(world, begun[acts[chats]], 12.0), lines)
    world.call(friends[answers], people[acts[answers]], _soon(world, begun[acts[answers]], 14.0), 0.8, 90.0)
    return people


def _soon(world: World, begun: Times, hours: float) -> Times:
    """Some time after the line was opened."""
    times = begun + 300_000 + world.random.exponential(hours / 3 * HOUR_MS, len(begun)).astype(np.int64)
    return np.minimum(times, world.end_ms - 1)
