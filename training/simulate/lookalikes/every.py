"""All look-alikes: those that rules trip over and who do nothing wrong.

Each module has `PER_2000`, how many there are among 2,000 subscribers, and `make(world)`, which adds the traffic of one
and returns its numbers.
"""

from types import ModuleType

from linewatch.training.simulate.lookalikes import (
    alarm,
    bank_notices,
    broadcaster,
    call_centre,
    call_shop,
    coach,
    courier,
    delivery_notices,
    desk_seller,
    door_ringer,
    gateway,
    marketing,
    migrant,
    organiser,
    otp_sender,
    polite_dialler,
    reminder,
    seller,
    survey,
    taxi,
)
from linewatch.training.simulate.world import World

EVERY: tuple[ModuleType, ...] = (
    alarm,
    bank_notices,
    broadcaster,
    call_centre,
    call_shop,
    coach,
    courier,
    delivery_notices,
    desk_seller,
    door_ringer,
    gateway,
    marketing,
    migrant,
    organiser,
    otp_sender,
    polite_dialler,
    reminder,
    seller,
    survey,
    taxi,
)


def add(world: World) -> None:
    """All of them, in number by the operator's size."""
    for module in EVERY:
        kind = module.__name__.rsplit(".", 1)[-1]
        for _ in range(world.count(module.PER_2000)):
            world.innocents.extend({"number": number, "kind": kind} for number in module.make(world))
