"""Ordinary subscribers: calls and messages with people they know, at the hours at which people are awake."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Calls, messages, foreign traffic and subscriber events of everybody."""
    count = len(world.subscribers)
    contacts = world.draw(world.parameters.contacts, count).astype(int)
    for make, per_day in ((_calls, world.parameters.calls_per_day), (_messages, world.parameters.messages_per_day)):
        rates = world.draw(per_day, count) * world.random.gamma(2.0, 0.5, count)
        amounts = world.random.poisson(rates * world.days)
        actors = np.repeat(np.arange(count), amounts)
        rank = np.floor(contacts[actors] * world.random.random(len(actors)) ** 2.5).astype(np.int64)
        known = (actors * 7919 + (rank + 1) * 104_729 + rank * rank * 31) % count
        stranger = world.random.random(len(actors)) < 0.07
        known = np.where(stranger, world.random.integers(0, count, len(actors)), known)
        known = np.where(known == actors, (known + 1) % count, known)
        make(world, actors, known)
    _foreign(world)
    _events(world)


def _calls(world: World, actors: np.ndarray, others: np.ndarray) -> None:
    mean = world.draw(world.parameters.ordinary_mean_s)
    start = world.by_day(len(actors))
    world.call(world.subscribers[actors], world.subscribers[others], start, 0.72, mean)
    missed = world.random.random(len(actors)) < 0.01  # hung up after one ring: a wrong key, a sign to call back
    some = np.flatnonzero(missed)
    ring = np.full(len(some), 3.0)
    world.call(world.subscribers[actors[some]], world.subscribers[others[some]], start[some] + 90_000, 0.0, 1.0, ring_s=ring)


def _messages(world: World, actors: np.ndarray, others: np.ndarray) -> None:
    lines = texts.ordinary(world.random, len(actors))
    bare = world.random.random(len(actors)) < 0.1
    shown = [None if hidden else line for line, hidden in zip(lines, bare.tolist(), strict=True)]
    world.text(world.subscribers[actors], world.subscribers[others], world.by_day(len(actors)), list(shown))


def _foreign(world: World) -> None:
    amount = int(len(world.subscribers) * world.days * 0.12)
    abroad, here = world.foreign(amount), world.strangers(amount)
    world.call(abroad, here, world.by_day(amount, 0.15), 0.7, 200.0, attestation="C")
    abroad, here = world.foreign(amount), world.strangers(amount)
    world.call(here, abroad, world.by_day(amount, 0.15), 0.7, 240.0)
    family = max(2, len(world.subscribers) // 250)  # whose family lives where revenue-share fraud goes too
    for subscriber, relative in zip(world.strangers(family), world.hot(family), strict=True):
        times = world.by_day(int(world.random.integers(1, 4)), 0.2)
        world.call(subscriber, np.repeat(relative, len(times)), times, 0.8, 300.0)


def _events(world: World) -> None:
    kinds = ["activated", "sim_changed", "device_changed", "forwarding_set", "ported"]
    amount = max(5, int(len(world.subscribers) * world.days * 0.004))
    times = world.by_day(amount).tolist()
    for number, at_ms, kind in zip(world.strangers(amount), times, world.random.integers(0, 5, amount), strict=True):
        world.events.append({"number": number, "event": kinds[kind], "at_ms": at_ms})
