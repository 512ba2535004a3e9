"""What is remembered of a number and of a block of numbers: the one place that names the counters.

Every counter is a decayed sum in three half-lives (fast, medium, slow as the policy says), held in two bytes (`decay.py`):
an event adds 1 (or seconds, or a probability) and the sum halves every half-life. A row has them half-life after half-life.
"""

from typing import Final

import numpy as np

HALF_LIVES: Final = 3
FAST, MEDIUM, SLOW = range(HALF_LIVES)

COUNTERS: Final = (
    "attempts",  # calls made
    "answered",
    "seconds",  # conversation time of calls made
    "short_answered",  # answered and over within SHORT_CALL_S
    "short_rings",  # given up unanswered within SHORT_RING_S
    "distinct",  # counterparties not yet met within the half-life
    "new_contacts",  # counterparties never met, as far as memory goes
    "international",  # calls to another country
    "hot_calls",  # calls to premium numbers or to ranges that revenue-share fraud uses
    "hot_seconds",
    "night",  # calls and messages at night
    "unallocated",  # dialled numbers that are nobody's, or that no plan allows
    "sequential",  # dialled number within SEQUENTIAL of the one before
    "calls_in",
    "answered_in",
    "international_in",
    "callbacks",  # calls from numbers met before as called parties
    "messages",
    "fraud_texts",  # probability, summed
    "spam_texts",
    "otp_texts",
    "messages_in",
    "handsets",  # handsets not yet seen
    "cells",  # cells not yet seen
)
C: Final = {name: index for index, name in enumerate(COUNTERS)}

TICK_MS: Final = 600_000
ACTS: Final = (
    "long_answered",  # calls made that lasted at least LONG_CALL_S
    "brief_rings",  # calls given up within BRIEF_RING_S
    "roaming_abroad",  # calls made while another network served it, to another country than the number's own
    "spoofed",  # calls that came in from outside under an own number which no leg of its own explains
    "overlaps",  # answered calls that began before the last one had ended, in the same handset or none
    "clones",  # calls in one handset while, or too soon after, another one far off had one
    "forwarded_abroad",  # calls that it forwarded to another country
    "forwarded_seconds",
    "otp_in",  # one-time passwords received
    "few_rings",  # calls given up unanswered before the third ring
)
A: Final = {name: index for index, name in enumerate(ACTS)}
TIMES: Final = ("sim_at", "activated_at", "forwarding_at", "probe_at", "roamed_at")
WATCH_FIELDS: Final = (
    ("device_s", "<u4"),  # when its latest answered call ended; of calls whose handset is known, once one is
    ("acts", "<u2", (len(ACTS),)),  # decayed sums of the medium half-life, as in `decay`
    *((name, "<u2") for name in TIMES),  # in steps of TICK_MS, modulo 2^16; 0 for never
    ("forward_callers", "<u2"),  # one bit a caller whose call it forwarded abroad
    ("lasted_s", "<u2"),  # how long that call was, ring and all
    ("before_s", "<u2"),  # how long before it the one before had ended
    ("device", "u1"),  # of that handset and cell 8 bits, 0 for none
    ("place", "u1"),
    ("device_before", "u1"),  # of the one before
    ("place_before", "u1"),
    ("marks", "u1"),
    ("otps_since", "u1"),  # one-time passwords since the SIM changed
    ("known_since", "u1"),  # turns since then to counterparties known before, and to new ones
    ("new_since", "u1"),
)

SHORT_CALL_S: Final = 10.0
SEQUENTIAL: Final = 10

CONTACT_WORDS: Final = 8
SKETCH_WORDS: Final = 2

NUMBER_ROW: Final = np.dtype(
    [
        ("entity", "<u8"),
        ("last_ms", "<i8"),
        ("contacts", "<u8", (CONTACT_WORDS,)),  # one bit a counterparty ever met
        ("recent", "<u8", (HALF_LIVES, SKETCH_WORDS)),  # the same, of the current half-life
        ("handset_bits", "<u8"),
        ("cell_bits", "<u8"),
        ("first_s", "<u4"),
        ("seen", "<u4"),  # calls made and messages sent
        ("flags", "<u4"),  # of the latest sighting in which it acted
        ("last_other", "<u4"),  # the number last called, but for what is over 32 bits; 0 for none
        ("counts", "<u2", (HALF_LIVES * len(COUNTERS),)),
        ("recent_stretch", "<u2", (HALF_LIVES,)),  # which stretch of time `recent` is of
        ("_pad", "<u2"),
        *WATCH_FIELDS,
    ]
)
"""360 bytes, 48 of them of watches."""

_TALKS: Final = ("device_s", "lasted_s", "before_s", "device", "place", "device_before", "place_before")
WATCHES: Final = tuple(field for field in WATCH_FIELDS if field[0] not in (*_TALKS, "acts"))
"""What a copy that the gate lets pass takes over as it is."""

BLOCK_COUNTERS: Final = (
    "attempts",  # calls made and messages sent by its numbers
    "short_rings",
    "members",  # of its numbers that acted
    "long_answered",  # calls of at least ten minutes
    "codes_in",  # one-time passwords received; the second of one number counts half, the third a third
)
B: Final = {name: index for index, name in enumerate(BLOCK_COUNTERS)}
BLOCK_SIZES: Final = (10, 100, 1000)

BLOCK_ROW: Final = np.dtype(
    [
        ("entity", "<u8"),
        ("last_ms", "<i8"),
        ("members", "<u8", (SKETCH_WORDS,)),  # one bit a number of the block that acted
        ("counts", "<u2", (HALF_LIVES * len(BLOCK_COUNTERS),)),
        ("members_stretch", "<u2"),  # which stretch of time `members` is of
        ("led", "<u2"),  # how many of its numbers turned to the leader, less a quarter for each that turned elsewhere; in 256ths
        ("leader", "<u4"),  # whom they call most, by majority vote: the number but for what is over 32 bits
    ],
    align=True,
)
"""72 bytes."""

SNAPSHOT: Final = np.dtype(
    [
        ("entity", "<u8"),
        ("event_ms", "<i8"),
        ("last_ms", "<i8"),
        ("sighting", "<i8"),  # index in the batch
        ("first_s", "<u4"),
        ("seen", "<u4"),
        ("flags", "<u4"),
        ("led", "<f4"),  # of its block of 1,000, where the leader is the counterparty
        ("acts", "<f4", (len(ACTS),)),
        *WATCHES,
        ("counts", "<f4", (HALF_LIVES, len(COUNTERS))),
        ("blocks", "<f4", (len(BLOCK_SIZES), HALF_LIVES, len(BLOCK_COUNTERS))),
    ],
    align=True,
)
"""What the gate lets pass: the state just reached by one sighting."""
