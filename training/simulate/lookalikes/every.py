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
    conference_bridge,
    counsellor,
    courier,
    data_sims,
    delivery_notices,
    desk_seller,
    device_upgrade,
    door_ringer,
    emergency_burst,
    expat_forward,
    flash_call_service,
    gateway,
    hotel_exchange,
    marketing,
    migrant,
    new_business,
    new_migrant,
    new_range,
    offshore_centre,
    organiser,
    otp_sender,
    outsourced_support,
    polite_dialler,
    redialler,
    reminder,
    second_device,
    seller,
    survey,
    taxi,
    televote,
    traveller,
    voice_code,
)
from linewatch.training.simulate.world import World

EVERY: tuple[ModuleType, ...] = (
    alarm,
    bank_notices,
    broadcaster,
    call_centre,
    call_shop,
    coach,
    conference_bridge,
    counsellor,
    courier,
    data_sims,
    delivery_notices,
    desk_seller,
    device_upgrade,
    door_ringer,
    emergency_burst,
    expat_forward,
    flash_call_service,
    gateway,
    hotel_exchange,
    marketing,
    migrant,
    new_business,
    new_migrant,
    new_range,
    offshore_centre,
    organiser,
    otp_sender,
    outsourced_support,
    polite_dialler,
    redialler,
    reminder,
    second_device,
    seller,
    survey,
    taxi,
    televote,
    traveller,
    voice_code,
)


def add(world: World) -> None:
    """All of them, in number by the operator's size."""
    for module in EVERY:
        kind = module.__name__.rsplit(".", 1)[-1]
        for _ in range(world.count(module.PER_2000 * world.parameters.lookalikes)):
            world.innocents.extend({"number": number, "kind": kind} for number in module.make(world))
