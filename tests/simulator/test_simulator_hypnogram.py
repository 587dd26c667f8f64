"""The plan of a simulated night sleeps as people do."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import fit_hypnograms, fit_spectra
from monitor.sources.simulator import hypnogram
from monitor.sources.simulator.hypnogram import N1, N2, N3, Habits, R, W, plan_stages
from monitor.sources.simulator.parameters import hypnogram_model, spectrum_model

Plan = NDArray[np.int64]
N_NIGHTS = 200
NIGHT = 960

FIGURES: Mapping[str, Callable[[Plan], float]] = {
    "W %": lambda sleep: 100 * float(np.mean(sleep == W)),
    "N1 %": lambda sleep: 100 * float(np.mean(sleep == N1)),
    "N2 %": lambda sleep: 100 * float(np.mean(sleep == N2)),
    "N3 %": lambda sleep: 100 * float(np.mean(sleep == N3)),
    "R %": lambda sleep: 100 * float(np.mean(sleep == R)),
    "N3 % of the first third": lambda sleep: 100 * float(np.mean(thirds(sleep)[0] == N3)),
    "N3 % of the last third": lambda sleep: 100 * float(np.mean(thirds(sleep)[2] == N3)),
    "R % of the first third": lambda sleep: 100 * float(np.mean(thirds(sleep)[0] == R)),
    "R % of the last third": lambda sleep: 100 * float(np.mean(thirds(sleep)[2] == R)),
    "REM latency, min": lambda sleep: float(np.argmax(sleep == R)) / 2,
    "cycle, min": lambda sleep: float(np.mean(np.diff(rem_onsets(sleep)))) / 2,
    "stage shifts an hour": lambda sleep: 120 * float(np.mean(np.diff(sleep) != 0)),
}
BANDS = {
    "W %": 2.0,
    "N1 %": 1.5,
    "N2 %": 3.0,
    "N3 %": 3.0,
    "R %": 2.5,
    "N3 % of the first third": 6.0,
    "N3 % of the last third": 4.0,
    "R % of the first third": 6.0,
    "R % of the last third": 5.0,
    "REM latency, min": 20.0,
    "cycle, min": 10.0,
    "stage shifts an hour": 1.5,
}
"""How far the mean simulated night may lie from the mean real one."""


def thirds(sleep: Plan) -> list[Plan]:
    return np.array_split(sleep, 3)


def rem_onsets(sleep: Plan) -> Plan:
    rem = np.flatnonzero(sleep == R)
    return rem[np.diff(rem, prepend=-hypnogram.REM_GAP - 1) > hypnogram.REM_GAP]


@cache
def plans(habits: Habits) -> list[Plan]:
    rngs = (np.random.default_rng(seed) for seed in range(N_NIGHTS))
    return [plan_stages(rng, NIGHT, hypnogram_model(), habits).astype(int) for rng in rngs]


def figures(nights: list[Plan]) -> dict[str, float]:
    """Mean of each figure over the nights in which it exists: two REM episodes make a cycle."""
    slept = [night for night in map(fit_hypnograms.asleep, nights) if len(rem_onsets(night)) > 1]
    return {name: float(np.mean([figure(s) for s in slept])) for name, figure in FIGURES.items()}


@pytest.mark.shared_data
def test_mean_night_is_that_of_healthy_sleepers(shared_data: Path) -> None:
    real = fit_hypnograms.healthy_nights(shared_data / "hypnograms" / "dod_five_scorers.npz")
    wanted, found = figures(real), figures(plans(Habits()))
    far = {name: (found[name], wanted[name]) for name in BANDS if not near(name, found, wanted)}
    assert not far


def near(name: str, found: dict[str, float], wanted: dict[str, float]) -> bool:
    return abs(found[name] - wanted[name]) <= BANDS[name]


@pytest.mark.shared_data
def test_nights_differ_as_much_as_those_of_healthy_sleepers(shared_data: Path) -> None:
    real = fit_hypnograms.healthy_nights(shared_data / "hypnograms" / "dod_five_scorers.npz")
    for name in ("W %", "N1 %", "N2 %", "N3 %", "R %"):
        spread = [
            np.std([FIGURES[name](fit_hypnograms.asleep(night)) for night in nights])
            for nights in (plans(Habits()), real)
        ]
        assert 0.7 <= spread[0] / spread[1] <= 1.4, (name, spread)


@pytest.mark.shared_data
def test_committed_numbers_are_those_that_fitting_gives(shared_data: Path) -> None:
    nights = fit_hypnograms.healthy_nights(shared_data / "hypnograms" / "dod_five_scorers.npz")
    fitted = fit_hypnograms.fit(nights)
    np.testing.assert_array_equal(fitted["dwell"], hypnogram_model().dwell)
    np.testing.assert_array_equal(fitted["transition"], hypnogram_model().transition)
    np.testing.assert_array_equal(fitted["latency"], hypnogram_model().latency)


@pytest.mark.shared_data
def test_committed_spectra_are_those_that_fitting_gives(shared_data: Path) -> None:
    with np.load(shared_data / "sleepedfx_sc_bandpower.npz") as table:
        night = table["subject"].astype(np.int64) * 10 + table["night"]
        fitted = fit_spectra.fit(table["log_power"], table["labels"].astype(np.int64), night)
    model = spectrum_model()
    np.testing.assert_allclose(fitted["mean"], model.mean, atol=0.011)
    np.testing.assert_allclose(fitted["spread"], model.spread, atol=0.002)
    for stage in range(5):  # the sign of a singular vector is free; its covariance is not
        person = np.array(fitted["person"])[stage]
        np.testing.assert_allclose(
            person @ person.T, model.person[stage] @ model.person[stage].T, atol=0.01
        )


def test_deep_sleep_falls_and_waking_grows_with_age() -> None:
    by_age = [figures(plans(Habits(age=age))) for age in (10, 35, 75)]
    child, adult, old = by_age
    assert child["N3 %"] > adult["N3 %"] > old["N3 %"]
    assert child["W %"] < adult["W %"] < old["W %"]
    assert child["R %"] > old["R %"]


@given(seed=st.integers(0, 2**32), age=st.floats(5, 95), n_epochs=st.integers(1, 2000))
def test_plan_is_stages_from_start_to_end(seed: int, age: float, n_epochs: int) -> None:
    model = hypnogram_model()
    plan = plan_stages(np.random.default_rng(seed), n_epochs, model, Habits(age=age))
    assert plan.shape == (n_epochs,)
    assert set(np.unique(plan)) <= {W, N1, N2, N3, R}
    longer = plan_stages(np.random.default_rng(seed), n_epochs + 100, model, Habits(age=age))
    np.testing.assert_array_equal(longer[:n_epochs], plan)


@given(seed=st.integers(0, 2**32), by=st.integers(0, 60), after=st.integers(1, 200))
def test_sound_sleeper_never_wakes_or_drowses(seed: int, by: int, after: int) -> None:
    habits = Habits(asleep_by=by, sound_from=by + after)
    plan = plan_stages(np.random.default_rng(seed), NIGHT, hypnogram_model(), habits)
    assert plan[:by].tolist().count(W) == by or (plan[: by + 1] != W).any()
    assert set(np.unique(plan[by + after :])) <= {N2, N3, R}


def test_bouts_of_a_night_add_up_to_it() -> None:
    night = np.array([1, 1, 2, 3, 3, 2, 4, 4, 0, 2])
    found = fit_hypnograms.bouts(night)
    assert [bout.stage for bout in found] == [1, 2, 3, 2, 4, 0, 2]
    assert [bout.length for bout in found] == [2, 1, 2, 1, 2, 1, 1]
    assert [bout.stage_after for bout in found] == [2, 3, 2, 4, 0, 2, -1]


def test_a_cycle_ends_a_quarter_of_an_hour_after_its_rem() -> None:
    clock = hypnogram.CycleClock()
    assert clock.context(0) == 0
    clock.saw(R, 100, 20)
    in_rem = clock.context(120)
    assert in_rem >= len(hypnogram.NREM_EDGES)
    assert clock.context(149) == in_rem
    per_cycle = hypnogram.N_CONTEXTS // hypnogram.N_CYCLES
    assert clock.context(150) == per_cycle
    assert clock.context(180) == per_cycle + 1


def test_consensus_is_the_majority_and_the_lighter_stage_in_a_tie() -> None:
    scorings = np.array([[2, 3, -1, 1], [2, 3, -1, 2], [3, 2, -1, -1]], dtype=np.int8)
    assert fit_hypnograms.consensus(scorings).tolist() == [2, 3, 0, 1]
