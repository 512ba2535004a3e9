"""Ordinary subscribers: calls and messages with people they know, at the hours at which people are awake."""

import numpy as np
from numpy.typing import NDArray

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Calls and messages of everybody; a few are on the phone all day, as the long tail of real rates has it."""
    count = len(world.subscribers)
    contacts = world.draw(world.parameters.contacts, count).astype(int)
    for make, per_day in ((_calls, world.parameters.calls_per_day), (_messages, world.parameters.messages_per_day)):
        rates = world.draw(per_day, count) * world.random.lognormal(-0.32, 0.8, count)
        amounts = world.random.poisson(rates * world.days)
        actors = np.repeat(np.arange(count), amounts)
        rank = np.floor(contacts[actors] * world.random.random(len(actors)) ** 2.5).astype(np.int64)
        known = (actors * 7919 + (rank + 1) * 104_729 + rank * rank * 31) % count
        stranger = world.random.random(len(actors)) < 0.07
        known = np.where(stranger, world.random.integers(0, count, len(actors)), known)
        known = np.where(known == actors, (known + 1) % count, known)
        make(world, actors, known)


def _calls(world: World, actors: NDArray[np.int64], others: NDArray[np.int64]) -> None:
    mean = world.draw(world.parameters.ordinary_mean_s)
    start = world.by_day(len(actors))
    world.call(world.subscribers[actors], world.subscribers[others], start, 0.72, mean)
    missed = world.random.random(len(actors)) < 0.01  # hung up after one ring: a wrong key, a sign to call back
    some = np.flatnonzero(missed)
    ring = np.full(len(some), 3.0)
    world.call(world.subscribers[actors[some]], world.subscribers[others[some]], start[some] + 90_000, 0.0, 1.0, ring_s=ring)


def _messages(world: World, actors: NDArray[np.int64], others: NDArray[np.int64]) -> None:
    lines = texts.ordinary(world.random, len(actors))
    bare = world.random.random(len(actors)) < 0.1
    shown = [None if hidden else line for line, hidden in zip(lines, bare.tolist(), strict=True)]
    world.text(world.subscribers[actors], world.subscribers[others], world.by_day(len(actors)), list(shown))
