"""What is refused before anything runs: a function that cannot be called or cannot travel, an output that belongs to another sweep."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal

import cloudpickle

from learnscape.errors import require
from learnscape.sweeps._plan import Plan
from learnscape.sweeps._store import Store, SweepError

__all__ = ["check_function", "check_output"]


def check_function(function: Callable[..., Any], plan: Plan) -> bytes:
    """The function as bytes; ``ValueError`` if it does not take the parameters or cannot travel to a worker."""
    require(callable(function), "function", function, "callable")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        signature = None
    if signature is not None:
        try:
            signature.bind(**dict.fromkeys(plan.names), rng=None)
        except TypeError as error:
            raise ValueError(
                f"function{signature} cannot be called with the parameters {', '.join(plan.names)} and rng ({error}): "
                "its arguments must be the names of the grid, and rng"
            ) from None
    try:
        data: bytes = cloudpickle.dumps(function)
        cloudpickle.loads(data)
    except Exception as error:
        raise ValueError(
            f"the function cannot be sent to a worker ({type(error).__name__}: {error}): it must not hold open files, locks or "
            "connections; open them inside"
        ) from None
    return data


def check_output(
    store: Store, description: Mapping[str, Any], on_change: Literal["refuse", "keep"]
) -> dict[str, Any]:
    """The manifest to go on with, or ``SweepError`` if the folder belongs to something else."""
    manifest = store.read_manifest()
    if manifest is None:
        return {**description, "sessions": []}
    for name, words in (
        ("function", "of the function"),
        ("parameters", "with the parameters"),
        ("root_seed", "with root_seed ="),
    ):
        if manifest[name] != description[name]:
            raise SweepError(
                f"{store.path} holds a sweep {words} {manifest[name]}, not {description[name]}: "
                "choose another out=, or delete the folder if it is no longer needed"
            )
    changed = ""
    if manifest["function_hash"] != description["function_hash"]:
        changed = f"the function {manifest['function']}"
    elif manifest.get("context_hash", description["context_hash"]) != description["context_hash"]:
        changed = f"something that the function {manifest['function']} refers to (a helper, a constant, a bound value)"
    if changed:
        if on_change == "refuse":
            raise SweepError(
                f"{changed} has changed since {store.path} was computed: choose another out=, or keep the "
                'finished points and compute the others with the new function by on_change="keep" (--keep)'
            )
        warnings.warn(f"{changed} has changed; finished points are kept as they are", stacklevel=3)
    before, now = manifest["environment"], description["environment"]
    if before["library_hash"] != now["library_hash"]:
        warnings.warn(
            f"the library has changed since these points were computed (learnscape {before['learnscape']}, now "
            f"{now['learnscape']}, other source); finished points are kept as they are",
            stacklevel=3,
        )
    return {**manifest, **description}
