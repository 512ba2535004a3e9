"""Artifacts: what does not match its manifest is refused by name, and nothing is ever unpickled."""

import ast
import pickle
import shutil
from pathlib import Path

import msgspec
import pytest

from linewatch.config.errors import ArtifactRefused
from linewatch.models.pretrained.manifest import MOST_BYTES, SHIPPED, load_artifact, write_artifact
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.models.texts.features import FEATURES as TEXT_FEATURES
from linewatch.stream.profiles.features import FEATURES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "artifacts"))


def changed(directory: Path, **changes: object) -> None:
    path = directory / "number.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | changes))


def test_shipped_ones_load_and_are_small() -> None:
    assert NumberModel.load(FEATURES).version.startswith("number-")
    assert TextModel.load().version.startswith("text-")
    assert all(path.stat().st_size < MOST_BYTES for path in SHIPPED.iterdir())


def test_another_file_is_refused(copy: Path) -> None:
    path = copy / "number.skops"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ArtifactRefused, match="sha256"):
        NumberModel.load(FEATURES, copy)


def test_other_features_are_refused(copy: Path) -> None:
    swapped = (FEATURES[1], FEATURES[0], *FEATURES[2:])
    with pytest.raises(ArtifactRefused, match="other features"):
        NumberModel.load(swapped, copy)


def test_another_library_is_refused(copy: Path) -> None:
    changed(copy, libraries={"scikit-learn": "0.1", "numpy": "1", "python": "3"})
    with pytest.raises(ArtifactRefused, match=r"scikit-learn 0\.1"):
        NumberModel.load(FEATURES, copy)


def test_missing_and_damaged_ones_are_refused(copy: Path) -> None:
    (copy / "number.json").write_text("{")
    with pytest.raises(ArtifactRefused, match="manifest"):
        NumberModel.load(FEATURES, copy)
    (copy / "number.skops").unlink()
    with pytest.raises(ArtifactRefused, match="cannot be read"):
        NumberModel.load(FEATURES, copy)


class Harmful:
    """What no artifact may hold."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("/nowhere"),))


def test_a_pickle_is_not_loaded(copy: Path) -> None:
    raw = pickle.dumps(Harmful())
    (copy / "number.skops").write_bytes(raw)
    import hashlib

    changed(copy, sha256=hashlib.sha256(raw).hexdigest())
    with pytest.raises(ArtifactRefused, match="no skops file"):
        NumberModel.load(FEATURES, copy)


def test_types_that_nobody_trusts_are_refused(tmp_path: Path) -> None:
    write_artifact(tmp_path, "number", Harmful(), FEATURES, {}, {})
    with pytest.raises(ArtifactRefused, match="not trusted"):
        load_artifact(tmp_path, "number", FEATURES)


def test_no_module_uses_pickle() -> None:
    forbidden = {"pickle", "joblib", "cloudpickle", "dill", "shelve", "marshal"}
    for folder in ("models", "stream", "config", "training"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not forbidden & {name.split(".")[0] for name in names}, path


def test_text_features_are_the_manifests() -> None:
    assert load_artifact(SHIPPED, "text", TEXT_FEATURES)[1].features == list(TEXT_FEATURES)
