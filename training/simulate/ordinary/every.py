"""All ordinary behaviours; each module has `add(world)`."""

from linewatch.training.simulate.ordinary import abroad, enterprises, events, people, roamers

ORDINARY = (people, abroad, roamers, enterprises, events)
