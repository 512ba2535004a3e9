"""Whether scores have drifted: ADWIN over the anomaly scores (Bifet and Gavalda, SDM 2007)."""

from river.drift import ADWIN


class ScoreDrift:
    """Counts drifts and keeps the level of late; a restart begins a new window, which is all that is lost."""

    def __init__(self, delta: float) -> None:
        self._adwin = ADWIN(delta=delta)
        self.drifts = 0

    def see(self, score: float) -> None:
        """One more score, 0 to 1."""
        self._adwin.update(score)
        self.drifts += int(self._adwin.drift_detected)

    @property
    def level(self) -> float:
        """The mean score of the current window."""
        return float(self._adwin.estimation)
