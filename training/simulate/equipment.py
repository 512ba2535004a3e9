"""SIM, handset and cell that a record names for the party it serves: the same for a number from run to run."""

from collections.abc import Mapping

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import Calls, Renewal

CELLS = 4000
_CHEAP, _IDENTITIES = 67, 3
"""One handset in so many is a cheap one, and these have so few identities between them."""
_MODEMS = 70_000_000


def hash_of(number: str) -> int:
    """A fixed spread of a number's digits."""
    return int(number[1:]) * 2_654_435_761 % (1 << 40)


class Equipment:
    """Of the subscribers of one network."""

    def __init__(self, plmn: str, renewed: Mapping[str, Renewal] | None = None) -> None:
        self.plmn = plmn
        self._renewed = renewed or {}
        self._homes: dict[str, tuple[int, str]] = {}

    def of(self, number: str, start_ms: int, calls: Calls | None = None) -> dict[str, str]:
        """Fields of a record; a person's cell follows the hour, a device's stays, a rack's is that of the rack."""
        held = self._homes.get(number)
        if held is None:
            home = hash_of(number)
            held = self._homes[number] = (home, f"{self.plmn}{home % 10**10:010d}")
        home, imsi = held
        plmn, handset = self.plmn, home if home % _CHEAP else home // _CHEAP % _IDENTITIES
        renewal = self._renewed.get(number)
        if renewal is not None and start_ms >= renewal.at_ms:
            imsi = f"{self.plmn}{(home + 104_729) % 10**10:010d}" if renewal.sim else imsi
            handset = home + 7_919 if renewal.handset else handset
            home = home * 31 + 17 if renewal.home else home
        cell = home
        if calls is None or calls.moving:
            cell = home + start_ms // HOUR_MS * (home % 5 + 1) % 7
        elif calls.site is not None:
            cell = calls.site
        if calls is not None:
            plmn = calls.abroad or plmn
            if calls.modems and calls.site is not None:
                handset = _MODEMS + calls.site * 1000 + (home + start_ms // (2 * HOUR_MS)) % calls.modems
            if calls.beside:
                handset += 15_485_863
            if calls.copied:
                handset, cell = handset + 15_485_863, cell * 17 + 1_299_709
        return {"imsi": imsi, "imei": f"3567{handset % 10**8:08d}123", "cell": f"{plmn}-{cell % CELLS:05d}", "plmn": plmn}
