"""Artifacts: an estimator stored by skops, which loads no code, and a manifest that says what it was made of.

skops and scikit-learn take more than a second to import, so that only who reads or writes an artifact does.
"""

import hashlib
import io
import platform
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from linewatch.config.errors import ArtifactRefused
from linewatch.config.known import known

SHIPPED: Final = Path(__file__).parent.parent / "artifacts"
MOST_BYTES: Final = 10_000_000
TRUSTED: Final = (
    "sklearn.tree._tree.Tree",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.link.Interval",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
)
"""Types of scikit-learn's own that skops does not list; all are data, none runs code when loaded."""


@known
class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an artifact was made of, and what it may be loaded by."""

    name: str
    sha256: str
    features: list[str]
    libraries: dict[str, str]
    data: dict[str, Any]
    metrics: dict[str, Any]
    extra: dict[str, Any] = {}

    @property
    def version(self) -> str:
        """What flags carry: the name and 8 digits of the hash."""
        return f"{self.name}-{self.sha256[:8]}"


def libraries() -> dict[str, str]:
    """The versions that decide whether an estimator can be loaded."""
    return {"scikit-learn": version("scikit-learn"), "numpy": version("numpy"), "python": platform.python_version()}


def write_artifact(
    directory: Path,
    name: str,
    estimator: Any,
    features: Sequence[str],
    data: dict[str, Any],
    metrics: dict[str, Any],
    extra: dict[str, Any] | None = None,
) -> Manifest:
    """Write `NAME.skops` and `NAME.json`; refuses one over 10 MB."""
    import skops.io

    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.skops"
    skops.io.dump(estimator, path, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
    raw = path.read_bytes()
    if len(raw) > MOST_BYTES:
        raise ArtifactRefused(f"{path} has {len(raw)} bytes, more than {MOST_BYTES}: train a smaller model")
    manifest = Manifest(name, hashlib.sha256(raw).hexdigest(), list(features), libraries(), data, metrics, extra or {})
    (directory / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return manifest


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file; raises ArtifactRefused."""
    try:
        return msgspec.json.decode(_read(path), type=Manifest)
    except msgspec.MsgspecError as error:
        raise ArtifactRefused(f"the manifest {path} cannot be read: {error}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactRefused(f"the model {path} cannot be read: {error.strerror}; `linewatch train` makes it") from None


def load_artifact(directory: Path, name: str, features: Sequence[str], first_will_do: bool = False) -> tuple[Any, Manifest]:
    """The estimator and its manifest; another hash, library or order of features is refused by name.

    With `first_will_do` one that was trained on the first of the features is taken: it asks nothing of those behind them.
    """
    path = directory / f"{name}.skops"
    manifest, raw = read_manifest(directory / f"{name}.json"), _read(path)
    if hashlib.sha256(raw).hexdigest() != manifest.sha256:
        raise ArtifactRefused(f"{path} is not the file its manifest names (sha256): restore it or train it anew")
    if list(features[: len(manifest.features)] if first_will_do else features) != manifest.features:
        raise ArtifactRefused(f"{path} was trained on other features than this version computes: train it anew")
    if (written := manifest.libraries["scikit-learn"]) != (here := version("scikit-learn")):
        raise ArtifactRefused(
            f"{path} was written by scikit-learn {written}, this is {here}: install the locked versions or train it anew"
        )
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        raise ArtifactRefused(f"{path} is no skops file: train it anew")
    import skops.io

    unknown = set(skops.io.get_untrusted_types(data=raw)) - set(TRUSTED)
    if unknown:
        raise ArtifactRefused(f"{path} holds types that are not trusted: {', '.join(sorted(unknown))}")
    return skops.io.loads(raw, trusted=list(TRUSTED)), manifest
