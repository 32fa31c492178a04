r"""Handwritten digits as labelled patterns, prepared as in paper B (arXiv 1809.09349): even against odd.

An image is a vector of pixels. The preparation, the same for the small images that come with scikit-learn and for MNIST:

1. label y = +1 for an even digit, -1 for an odd one;
2. principal components: with the mean m and the covariance C = sum_i lambda_i v_i v_i^T of all images, keep the d largest lambda_i;
3. whitening: coordinates v_i.(image - m) / sqrt(lambda_i), so that every kept direction has variance 1;
4. the two classes alternate, +1, -1, +1, ..., so that every prefix is balanced; what the larger class has in excess is left out;
5. subtract the mean once more and scale every pattern to |x| = sqrt(d), as for random data.

The first ``train`` patterns are for training and the others for the test. Steps 2, 3 and 5 look at the images of the test set as well
(not at its labels), as the paper does. Within a class the order is drawn from the seed, so another seed is another split.

Chapters: ``jamming/deep-networks``, ``jamming/generalization``.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import math
import os
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import is_integer, is_number, require
from learnscape.numerics.rng import generator

__all__ = ["MNIST_SHA256", "MNIST_URL", "RealPatterns", "digits", "mnist"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
"""Where :func:`mnist` looks by default: the copy that TensorFlow's loader uses."""

# The digests that torchvision and TensorFlow datasets check, too; of the gzip files as Y. LeCun, C. Cortes and C. Burges published them.
MNIST_SHA256: Mapping[str, str] = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
"""SHA-256 of the four files of MNIST."""

BLOCK = 8192  # images at a time: 70 000 images of 784 pixels in float64 would need half a gigabyte
LARGEST = 64 * 2**20  # bytes; a download beyond is not MNIST (the largest file has 10 MB)


@dataclass(frozen=True, eq=False)
class RealPatterns:
    """Real images as labelled patterns, from :func:`digits` or :func:`mnist`. Labels are not folded in."""

    x_train: FloatArray
    """Shape (train, d): patterns to learn from, |x| = sqrt(d)."""
    y_train: FloatArray
    """Shape (train,): labels, +1 (even), -1 (odd), in turn."""
    x_test: FloatArray
    """Shape (P - train, d): patterns for the test."""
    y_test: FloatArray
    """Shape (P - train,): their labels."""
    index_train: IntArray
    """Shape (train,): number of each image in the source."""
    index_test: IntArray
    """Shape (P - train,): the same for the test set."""
    explained: float
    """Share of the images' variance that the d components hold, in (0, 1]."""
    left_out: int
    """How many images of the larger class were left out, so that the classes balance."""


def digits(
    components: int = 10,
    *,
    train: int = 1000,
    shifted: bool = False,
    rng: int | np.random.Generator | None = 0,
) -> RealPatterns:
    """Load the 8 x 8 digits that come with scikit-learn: 1782 patterns, of which ``train`` to learn from.

    Parameters
    ----------
    components : int
        Number d of principal components, 1 to 61 (three of the 64 pixels are always blank), or to 64 with ``shifted``.
    train : int
        Number of patterns to train on, 1 to 1781, or to 8909 with ``shifted``.
    shifted : bool
        Add every image shifted by one pixel to each side (what leaves the frame is lost): 8910 patterns. Copies of one image are then in the training
        and in the test set; use it to ask how many patterns can be learned, not for a test error.
    rng : int or numpy.random.Generator, optional
        Seed of the order within the classes, and so of the split. The default 0 gives always the same one.

    Raises
    ------
    ImportError
        Without scikit-learn, which has the images.
    ValueError
        If ``components`` or ``train`` is out of range.

    References
    ----------
    E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository (1998).

    Examples
    --------
    >>> data = digits(train=500)
    >>> data.x_train.shape, data.x_test.shape, float(data.y_train.sum())
    ((500, 10), (1282, 10), 0.0)
    >>> bool(np.allclose((data.x_train**2).sum(axis=1), 10))
    True
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "digits() takes its images from scikit-learn: pip install learnscape[data]"
        ) from error
    images, labels = load_digits(return_X_y=True)
    require(isinstance(shifted, bool), "shifted", shifted, "True or False")
    if not shifted:
        return _prepare(np.asarray(images), np.asarray(labels), components, train, rng)
    framed = np.pad(np.asarray(images).reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    corners = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    copies = [framed[:, i : i + 8, j : j + 8].reshape(-1, 64) for i, j in corners]
    data = _prepare(np.concatenate(copies), np.tile(labels, len(copies)), components, train, rng)
    source = len(labels)
    return replace(data, index_train=data.index_train % source, index_test=data.index_test % source)


def mnist(
    components: int = 10,
    *,
    train: int = 50_000,
    rng: int | np.random.Generator | None = 0,
    folder: str | os.PathLike[str] | None = None,
    url: str = MNIST_URL,
    checksums: Mapping[str, str] = MNIST_SHA256,
    timeout: float = 60.0,
) -> RealPatterns:
    """Load MNIST, the 70 000 digits of 28 x 28 pixels; files that are missing are downloaded once (12 MB) and checked.

    Training and test set of the source are merged before they are split again, as paper B does.

    Parameters
    ----------
    components : int
        Number d of principal components.
    train : int
        Number of patterns to train on.
    rng : int or numpy.random.Generator, optional
        Seed of the order within the classes, and so of the split.
    folder : path, optional
        Where the four ``.gz`` files are or shall be. By default ``learnscape/mnist`` in the user's cache folder
        (``XDG_CACHE_HOME`` or ``~/.cache``, ``~/Library/Caches``, ``LOCALAPPDATA``).
    url : str
        Address of the folder to download from, any that ``urllib`` understands.
    checksums : mapping
        File name to SHA-256. Change it only together with ``url``, for files that are packed otherwise.
    timeout : float
        Seconds without an answer after which a download gives up.

    Raises
    ------
    ConnectionError
        If a file is missing and cannot be downloaded. What has arrived till then is kept only if it is complete and correct.
    ValueError
        If a file has another checksum or is not what its name says; for parameters out of range.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-based learning applied to document recognition*,
    Proceedings of the IEEE 86, 2278 (1998).

    Examples
    --------
    >>> data = mnist(train=50_000)  # doctest: +SKIP
    >>> data.x_train.shape  # doctest: +SKIP
    (50000, 10)
    """
    require(isinstance(url, str) and bool(url), "url", url, "the address of a folder")
    require(isinstance(checksums, Mapping), "checksums", checksums, "a mapping from file name to SHA-256")
    valid = is_number(timeout) and 0 < timeout < math.inf
    require(valid, "timeout", timeout, "a finite number of seconds > 0")
    named = folder is None or isinstance(folder, str | os.PathLike)
    require(named, "folder", folder, "a path, or None for the user's cache folder")
    place = _cache_folder() / "mnist" if folder is None else Path(folder)
    names = sorted(checksums)
    kinds = [(name, kind) for name in names for kind in ("images", "labels") if kind in name]
    require(len(kinds) == 4 == len(names), "checksums", names, f"the four files {sorted(MNIST_SHA256)}")
    for name in names:
        if (place / name).is_dir():
            raise ValueError(f"{place / name} is a folder, and should be a file: remove or rename it")
        if not (place / name).exists():
            _download(url.rstrip("/") + "/" + name, place / name, checksums[name], timeout)
        _verify(place / name, checksums[name])
    arrays = {name: _read_idx(place / name, 3 if kind == "images" else 1) for name, kind in kinds}
    images = np.concatenate(
        [arrays[name].reshape(len(arrays[name]), -1) for name, k in kinds if k == "images"]
    )
    labels = np.concatenate([arrays[name] for name, k in kinds if k == "labels"])
    require(len(images) == len(labels), "number of labels", len(labels), f"that of the images, {len(images)}")
    return _prepare(images, labels, components, train, rng)


def _prepare(
    images: NDArray[np.generic],
    labels: NDArray[np.generic],
    components: int,
    train: int,
    rng: int | np.random.Generator | None,
) -> RealPatterns:
    """Steps 1 to 5 of the module's docstring."""
    even = labels.astype(np.int64) % 2 == 0
    per_class = int(min(even.sum(), (~even).sum()))
    total = 2 * per_class
    for name, value, largest in (("components", components, images.shape[1]), ("train", train, total - 1)):
        integer = is_integer(value)
        require(integer and 1 <= value <= largest, name, value, f"an integer from 1 to {largest}")

    random = generator(rng)
    order = np.empty(total, dtype=np.int64)
    for first, members in enumerate((np.flatnonzero(even), np.flatnonzero(~even))):
        order[first::2] = random.permutation(members)[:per_class]

    x, explained = _principal_components(images, int(components))
    x = x[order]
    x -= x.mean(axis=0)
    x *= np.sqrt(components / np.square(x).sum(axis=1))[:, None]
    y = np.where(np.arange(total) % 2 == 0, 1.0, -1.0)
    return RealPatterns(
        x_train=x[:train],
        y_train=y[:train],
        x_test=x[train:],
        y_test=y[train:],
        index_train=order[:train],
        index_test=order[train:],
        explained=explained,
        left_out=len(labels) - total,
    )


def _principal_components(images: NDArray[np.generic], d: int) -> tuple[FloatArray, float]:
    """Whitened coordinates (P, d) along the d leading eigenvectors of the covariance, and their share of the variance."""
    p = len(images)
    blocks = [slice(first, first + BLOCK) for first in range(0, p, BLOCK)]
    mean = images.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((images.shape[1], images.shape[1]))
    for block in blocks:
        centred = images[block].astype(np.float64) - mean
        covariance += centred.T @ centred / p
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    rank = int((values > 1e-12 * values[0]).sum())
    require(d <= rank, "components", d, f"an integer from 1 to {rank}: the images vary in no more directions")
    vectors = vectors[:, :d]
    # An eigenvector has no sign of its own; its largest entry is made positive, so that all machines agree.
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(d)])
    scaled = vectors / np.sqrt(values[:d])
    x = np.concatenate([(images[block].astype(np.float64) - mean) @ scaled for block in blocks])
    return x, float(values[:d].sum() / values[:rank].sum())


def _cache_folder() -> Path:
    """The folder for downloads of this user."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "learnscape"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify(path: Path, expected: str) -> None:
    if (found := _digest(path)) != expected:
        raise ValueError(f"{path} has the SHA-256 {found}, not {expected}: delete it to download it again")


def _download(address: str, path: Path, expected: str, timeout: float) -> None:
    """Fetch one file: into a temporary file beside the target, which gets its name only when the checksum is right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=path.name + ".", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target:
            try:
                # the address is the caller's own choice; a file:// mirror is allowed
                with urllib.request.urlopen(address, timeout=timeout) as source:
                    size = 0
                    while block := source.read(1 << 16):
                        size += len(block)
                        require(size <= LARGEST, f"size of {address}", size, f"at most {LARGEST} bytes")
                        target.write(block)
            except (OSError, http.client.HTTPException) as error:  # urllib's own errors are OSErrors
                raise ConnectionError(
                    f"cannot download {address} ({error}). Without a connection, put the four files "
                    f"{', '.join(sorted(MNIST_SHA256))} into {path.parent}, or use learnscape.patterns.digits, "
                    "which needs none."
                ) from error
        if (found := _digest(part)) != expected:
            raise ValueError(
                f"{address} sent a file with the SHA-256 {found}, not {expected}; nothing was kept. "
                "Broken off, or not the file it should be."
            )
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read a gzip-packed IDX file of bytes: two zeros, type 8 (unsigned bytes), number of dimensions, the sizes, the data."""
    try:
        raw = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise ValueError(f"{path} is not a complete gzip file: {error}") from error
    start = 4 + 4 * dimensions
    header = raw[:4] == bytes((0, 0, 8, dimensions)) and len(raw) >= start
    require(header, f"start of {path.name}", raw[:4].hex(), f"0000080{dimensions} (an IDX file)")
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", dimensions, offset=4))
    expected = start + int(np.prod(shape))
    require(len(raw) == expected, f"size of {path.name}", len(raw), f"{expected} bytes for shape {shape}")
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)
