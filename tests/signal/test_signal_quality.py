import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.epoch import Epoch
from monitor.domain.quality import COSTS, UNUSABLE, Artefact, ChannelQuality
from monitor.signal.quality import assess_quality


def epoch(*channels: list[int]) -> Epoch:
    artefacts = np.array(channels, dtype=np.uint16).T
    return Epoch(0, np.zeros((len(channels), 3_000), np.float32), artefacts)


def test_a_clean_channel_has_a_score_of_one_and_a_missing_one_of_zero() -> None:
    assert assess_quality(epoch([0] * 30, [Artefact.MISSING] * 30)) == (
        ChannelQuality(1.0),
        ChannelQuality(0.0, {"missing": 1.0}),
    )


def test_the_worst_artefact_of_a_second_decides() -> None:
    both = Artefact.MUSCLE | Artefact.CLIPPED
    (quality,) = assess_quality(epoch([both] * 15 + [Artefact.MUSCLE] * 15))
    expected = 1 - (COSTS[Artefact.CLIPPED] + COSTS[Artefact.MUSCLE]) / 2
    assert quality.score == pytest.approx(expected)
    assert quality.artefacts == {"clipped": 0.5, "muscle": 1.0}


def test_muscle_costs_little_because_being_awake_has_it() -> None:
    (quality,) = assess_quality(epoch([Artefact.MUSCLE] * 30))
    assert quality.score >= 0.8


@given(st.lists(st.integers(0, 2 * max(Artefact) - 1), min_size=30, max_size=30))
def test_a_score_is_at_most_the_usable_share(flags: list[int]) -> None:
    spoilt = epoch(flags)
    (quality,) = assess_quality(spoilt)
    assert 0 <= quality.score <= spoilt.usable[0] + 1e-12
    assert (quality.score == 1) == (not quality.artefacts)
    assert all(0 < share <= 1 for share in quality.artefacts.values())
    assert set(quality.artefacts) <= {artefact.name.lower() for artefact in Artefact}


def test_every_artefact_has_its_cost() -> None:
    assert set(COSTS) == set(Artefact)
    assert all((cost == 1) == bool(artefact & UNUSABLE) for artefact, cost in COSTS.items())
