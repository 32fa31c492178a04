"""Real images: preparation, balance and splits; MNIST's files from a fake set, and every way a download can go wrong."""

from __future__ import annotations

import builtins
import gzip
import hashlib
import http.server
import io
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from learnscape import patterns, real_data
from learnscape.patterns import digits, mnist

NAMES = sorted(real_data.MNIST_SHA256)


def idx(array: np.ndarray) -> bytes:
    sizes = np.array(array.shape, dtype=">u4").tobytes()
    return gzip.compress(bytes((0, 0, 8, array.ndim)) + sizes + array.astype(np.uint8).tobytes(), mtime=0)


@pytest.fixture
def fake(tmp_path: Path) -> tuple[Path, dict[str, str], np.ndarray, np.ndarray]:
    """A folder with four IDX files of 60 + 40 images of 5 x 4 pixels, their checksums, and what is in them."""
    source = tmp_path / "source"
    source.mkdir()
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (100, 5, 4))
    labels = random.integers(0, 10, 100)
    # files in alphabetic order: t10k-images, t10k-labels, train-images, train-labels
    for name, array in zip(NAMES, (images[:40], labels[:40], images[40:], labels[40:]), strict=True):
        (source / name).write_bytes(idx(array))
    sums = {name: hashlib.sha256((source / name).read_bytes()).hexdigest() for name in NAMES}
    return source, sums, images, labels


def test_digits_are_prepared_as_paper_b_does() -> None:
    data = digits(components=10, train=1000, rng=0)
    x = np.concatenate([data.x_train, data.x_test])
    y = np.concatenate([data.y_train, data.y_test])
    assert x.shape == (1782, 10)
    assert data.left_out == 15
    np.testing.assert_allclose(np.square(x).sum(axis=1), 10, rtol=1e-12)
    assert (np.cumsum(y)[1::2] == 0).all()
    assert (y[::2] == 1).all()
    assert 0.6 < data.explained < 0.8
    # before the last rescaling the coordinates were white; the rescaling leaves them uncorrelated to a few per cent
    np.testing.assert_allclose(np.cov(x.T), np.eye(10), atol=0.25)


def test_digits_against_scikit_learns_own_principal_components() -> None:
    load = pytest.importorskip("sklearn.datasets").load_digits
    whiten = pytest.importorskip("sklearn.decomposition").PCA(n_components=7, whiten=True, svd_solver="full")
    images, labels = load(return_X_y=True)
    data = digits(components=7, train=900, rng=5)
    order = np.concatenate([data.index_train, data.index_test])
    y = np.concatenate([data.y_train, data.y_test])
    assert (y == np.where(labels[order] % 2 == 0, 1, -1)).all()
    reference = whiten.fit_transform(images)[order]
    reference -= reference.mean(axis=0)
    reference *= np.sqrt(7 / np.square(reference).sum(axis=1))[:, None]
    x = np.concatenate([data.x_train, data.x_test])
    signs = np.sign((x * reference).sum(axis=0))
    np.testing.assert_allclose(x, reference * signs, atol=1e-9)
    assert data.explained == pytest.approx(whiten.explained_variance_ratio_.sum(), rel=1e-9)


def test_shifted_digits_are_the_images_and_their_four_neighbours() -> None:
    load = pytest.importorskip("sklearn.datasets").load_digits
    whiten = pytest.importorskip("sklearn.decomposition").PCA(n_components=20, whiten=True, svd_solver="full")
    images, labels = load(return_X_y=True)
    shifted = []
    for down, right in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
        moved = np.zeros_like(images).reshape(-1, 8, 8)
        for i in range(8):
            for j in range(8):
                if 0 <= i - down < 8 and 0 <= j - right < 8:
                    moved[:, i, j] = images.reshape(-1, 8, 8)[:, i - down, j - right]
        shifted.append(moved.reshape(-1, 64))
    reference = whiten.fit_transform(np.concatenate(shifted))
    data = digits(20, train=8900, shifted=True)
    assert len(data.x_train) + len(data.x_test) == 8910
    assert data.explained == pytest.approx(whiten.explained_variance_ratio_.sum(), rel=1e-9)
    assert (data.y_train == np.where(labels[data.index_train] % 2 == 0, 1, -1)).all()
    # every pattern is one of the five copies of its image, up to the common shift, signs and length
    copies = reference.reshape(5, -1, 20)[:, data.index_train[:50]]
    copies = copies * np.sqrt(20 / np.square(copies).sum(axis=2))[..., None]
    agreement = np.abs(copies * data.x_train[:50]).sum(axis=2) / 20
    assert (agreement.max(axis=0) > 0.95).all()


def test_splits_are_disjoint_and_belong_to_the_seed() -> None:
    one, again, other = digits(train=700, rng=1), digits(train=700, rng=1), digits(train=700, rng=2)
    assert np.array_equal(one.x_train, again.x_train)
    assert not np.array_equal(one.index_train, other.index_train)
    indices = np.concatenate([one.index_train, one.index_test])
    assert len(np.unique(indices)) == len(indices) == 1782
    longer = digits(train=900, rng=1)  # a prefix: more patterns are the same ones and more
    assert np.array_equal(longer.x_train[:700], one.x_train)


def test_the_split_mixes_writers() -> None:
    # In the source the images stand in the order of their writers; a split by position would test on other writers.
    assert abs(digits(train=1000).index_train.mean() - 898) < 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"components": 0}, "components = 0"),
        ({"components": 62}, "components = 62.*1 to 61"),
        ({"components": 2.5}, "components = 2.5"),
        ({"train": 0}, "train = 0"),
        ({"train": 1782}, "train = 1782.*1781"),
        ({"train": 8910, "shifted": True}, "train = 8910.*8909"),
        ({"shifted": 1}, "shifted = 1.*True or False"),
        ({"rng": -1}, "rng = -1"),
    ],
)
def test_bad_parameters_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        digits(**arguments)


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"pip install learnscape\[data\]"):
        digits()


def test_mnist_downloads_once_and_reads_every_image(
    fake: tuple[Path, dict[str, str], np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    source, sums, images, labels = fake
    cache = tmp_path / "cache" / "deep"
    data = mnist(components=20, train=30, folder=cache, url=source.as_uri(), checksums=sums)
    assert sorted(path.name for path in cache.iterdir()) == NAMES
    order = np.concatenate([data.index_train, data.index_test])
    y = np.concatenate([data.y_train, data.y_test])
    assert (y == np.where(labels[order] % 2 == 0, 1, -1)).all()
    assert len(order) == 2 * min((labels % 2 == 0).sum(), (labels % 2 == 1).sum())
    # All 20 components: the whitened coordinates are a rotation of C^(-1/2) (image - m), so scalar products must agree.
    flat = images.reshape(100, 20).astype(float)
    centred = flat - flat.mean(axis=0)
    products = (centred @ np.linalg.inv(centred.T @ centred / 100) @ centred.T)[np.ix_(order, order)]
    white = products - products.mean(axis=0) - products.mean(axis=1)[:, None] + products.mean()
    lengths = np.sqrt(np.diag(white))
    x = np.concatenate([data.x_train, data.x_test])
    np.testing.assert_allclose(x @ x.T, 20 * white / lengths / lengths[:, None], atol=1e-9)
    # a second call reads the cache: the source may be gone
    again = mnist(components=20, train=30, folder=cache, url="file:///nowhere", checksums=sums)
    assert np.array_equal(again.x_test, data.x_test)


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(
    fake: tuple[Path, dict[str, str], np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    source, sums, images, _ = fake
    (source / NAMES[0]).write_bytes(idx(images[:40, ::-1]))
    cache = tmp_path / "cache"
    with pytest.raises(ValueError, match="nothing was kept"):
        mnist(folder=cache, url=source.as_uri(), checksums=sums)
    assert list(cache.iterdir()) == []
    # the published digests are what protects by default
    with pytest.raises(ValueError, match=real_data.MNIST_SHA256[NAMES[0]]):
        mnist(folder=cache, url=source.as_uri())
    # a file that was changed after it was stored
    mnist(train=30, folder=cache, url=source.as_uri(), checksums=sums | {NAMES[0]: digest(source / NAMES[0])})
    with pytest.raises(ValueError, match="delete it"):
        mnist(train=30, folder=cache, url=source.as_uri(), checksums=sums)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class _BreaksOff(http.server.BaseHTTPRequestHandler):
    """Promises a thousand bytes, sends ten and hangs up."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"ten bytes.")

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def broken_server() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _BreaksOff)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_connection_that_breaks_off_leaves_nothing(broken_server: str, tmp_path: Path) -> None:
    with pytest.raises((ValueError, ConnectionError)):
        mnist(folder=tmp_path, url=broken_server)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_during_a_download_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                assert len(list(tmp_path.iterdir())) == 1  # the part that is being written
                raise KeyboardInterrupt
            return super().read(5)

    monkeypatch.setattr(urllib.request, "urlopen", lambda *a, **k: Interrupted(b"some data"))
    with pytest.raises(KeyboardInterrupt):
        mnist(folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_offline_the_error_says_what_else_one_can_do(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match=r"put the four files .* or use learnscape.patterns.digits"):
        mnist(folder=tmp_path, url=(tmp_path / "absent").as_uri())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip at all", "not a complete gzip file"),
        (idx(np.zeros((3, 2, 2)))[:-9], "not a complete gzip file"),
        (gzip.compress(b"\0\0\x0d\x03" + bytes(40), mtime=0), "start of .*IDX"),
        (gzip.compress(gzip.decompress(idx(np.zeros((3, 2, 2))))[:-1], mtime=0), "size of .*28 bytes"),
    ],
)
def test_a_damaged_file_is_refused(
    fake: tuple[Path, dict[str, str], np.ndarray, np.ndarray], content: bytes, message: str
) -> None:
    source, sums, _, _ = fake
    (source / NAMES[0]).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        mnist(train=30, folder=source, checksums=sums | {NAMES[0]: digest(source / NAMES[0])})


def test_labels_must_match_the_images(fake: tuple[Path, dict[str, str], np.ndarray, np.ndarray]) -> None:
    source, sums, _, labels = fake
    (source / NAMES[1]).write_bytes(idx(labels[:39]))
    with pytest.raises(ValueError, match="number of labels = 99"):
        mnist(train=30, folder=source, checksums=sums | {NAMES[1]: digest(source / NAMES[1])})


def test_the_four_files_are_asked_for() -> None:
    with pytest.raises(ValueError, match="checksums"):
        mnist(checksums={"train-images": "0"})


def test_the_cache_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert real_data._cache_folder() == tmp_path / "learnscape"


def test_everything_public_is_documented() -> None:
    assert {"digits", "mnist", "RealPatterns"} <= set(patterns.__all__)


def test_mnist_names_wrong_arguments_and_a_folder_in_place_of_a_file(tmp_path):
    for name, value in (
        ("url", None),
        ("url", ""),
        ("timeout", "a"),
        ("timeout", 0),
        ("folder", 5),
        ("checksums", None),
    ):
        with pytest.raises(ValueError, match=f"{name} = "):
            mnist(**{"folder": tmp_path, name: value})
    (tmp_path / sorted(real_data.MNIST_SHA256)[0]).mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        mnist(folder=tmp_path, url="file:///nowhere/")
