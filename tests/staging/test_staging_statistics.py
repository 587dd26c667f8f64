"""Sleep statistics: hypnograms worked by hand after the AASM manual, human ones, and YASA's."""

import json

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.stage import STAGES, Stage
from monitor.staging.statistics import SleepCycle, sleep_statistics

_LETTERS = dict(zip("W123R?", Stage, strict=True))


def hypnogram(text):
    """Return the stages of a text, one letter an epoch; "WW2 Rx9" ends in nine epochs of R."""
    words = [(word.split("x") if "x" in word else (word, 1)) for word in text.split()]
    return [_LETTERS[letter] for letters, n in words for letter in letters * int(n)]


def statistics(text):
    return sleep_statistics(hypnogram(text))


def test_a_short_night_worked_by_hand():
    # lights off; 4 wake, then N1 N2 N2, 2 wake, N2 N3 N3, unscored, R R, 2 wake, lights on
    result = statistics("WWWW122WW233?RRWW")
    assert result.recorded_min == 8.5
    assert result.stage_min == {"W": 4.0, "N1": 0.5, "N2": 1.5, "N3": 1.0, "R": 1.0}
    assert result.stage_share == {"N1": 1 / 8, "N2": 3 / 8, "N3": 2 / 8, "R": 2 / 8}
    assert result.unscored_min == 0.5
    assert result.total_sleep_min == 4.0
    assert result.sleep_efficiency == pytest.approx(8 / 17)
    assert result.sleep_latency_min == 2.0
    assert result.stage_latency_min == {"N1": 2.0, "N2": 2.5, "N3": 5.0}
    assert result.rem_latency_min == 4.5  # unscored time passes all the same
    assert result.sleep_period_min == 5.5  # epochs 4 to 14, unscored and wake included
    assert result.sleep_maintenance == pytest.approx(8 / 11)
    assert result.wake_after_onset_min == 2.0  # AASM: to lights on, not to the last sleep
    assert result.longest_sleep_min == 1.5  # N1 N2 N2 and N2 N3 N3; unscored time ends a bout
    # W>1, 1>2, 2>W, W>2, 2>3, R>W; neither 3>? nor ?>R
    assert (result.stage_shifts, result.stage_shifts_per_h) == (6, 90.0)
    assert (result.awakenings, result.awakenings_per_h) == (2, 30.0)
    assert result.cycles == []


def test_a_night_without_a_shift():
    result = statistics("2x120")
    assert (result.stage_shifts, result.awakenings, result.longest_sleep_min) == (0, 0, 60.0)
    assert result.sleep_efficiency == result.sleep_maintenance == result.stage_share["N2"] == 1.0
    assert result.stage_latency_min == {"N1": None, "N2": 0.0, "N3": None}


def test_a_night_that_begins_in_rem():
    result = statistics("RR2")
    assert (result.sleep_latency_min, result.rem_latency_min) == (0.0, 0.0)


def test_wake_after_unscored_time_is_no_awakening():
    assert statistics("22?W2W").awakenings == 1


@pytest.mark.parametrize("text", ["", "W", "WW??W", "?"])
def test_without_sleep_there_is_no_latency_and_no_rate(text):
    result = statistics(text)
    assert result.total_sleep_min == result.sleep_period_min == result.longest_sleep_min == 0
    assert result.wake_after_onset_min == 0
    assert result.sleep_latency_min is None
    assert result.rem_latency_min is None
    assert result.sleep_efficiency == (0.0 if text else None)
    assert result.sleep_maintenance is None
    assert result.stage_share == {"N1": None, "N2": None, "N3": None, "R": None}
    assert (result.stage_shifts, result.stage_shifts_per_h) == (0, None)
    assert (result.awakenings, result.awakenings_per_h) == (0, None)


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        # 5 min wake, 15 min NREM, a first REM of one epoch: a cycle of 15.5 min from minute 5
        ("Wx10 1x4 2x26 R", [(5, 15.5)]),
        # 14.5 min of NREM are too little
        ("1x4 2x25 R", []),
        # the second REM period is one epoch short of 5 min: no cycle yet; with it there is
        ("2x30 R 2x30 Rx9", [(0, 15.5)]),
        ("2x30 R 2x30 Rx10", [(0, 15.5), (15.5, 20)]),
        # a short later REM is part of the NREM around it
        ("2x30 R 2x30 R 3x30 Rx10", [(0, 15.5), (15.5, 35.5)]),
        # 14.5 min of NREM within REM do not part it; 15 min do
        ("2x40 Rx10 2x29 Rx10", [(0, 44.5)]),
        ("2x40 Rx10 2x30 Rx10", [(0, 25), (25, 20)]),
        # wake and unscored time neither fill nor end a cycle; it begins with NREM
        ("2x15 Wx60 2x15 ?x5 Rx5 Wx60 Rx5 W 2x30 Rx10", [(0, 82.5), (83, 20)]),
        # REM at sleep onset is no cycle; the first one that is may be short
        ("Rx10 2x30 R", [(5, 15.5)]),
        # NREM that no REM has followed yet
        ("2x30 Rx10 3x200", [(0, 20)]),
    ],
)
def test_cycles_worked_by_hand(text, cycles):
    assert statistics(text).cycles == [SleepCycle(*cycle) for cycle in cycles]


@given(st.lists(st.sampled_from(Stage)))
def test_parts_add_up_and_survive_json(stages):
    result = sleep_statistics(stages)
    assert sum(result.stage_min.values()) + result.unscored_min == result.recorded_min
    assert (
        result.total_sleep_min == result.recorded_min - result.unscored_min - result.stage_min["W"]
    )
    assert result.wake_after_onset_min <= result.stage_min["W"]
    assert result.longest_sleep_min <= result.total_sleep_min <= result.sleep_period_min
    assert result.awakenings <= result.stage_shifts < max(1, len(stages))
    assert json.loads(json.dumps(result.to_dict())) == result.to_dict()


@given(
    st.lists(st.tuples(st.sampled_from(Stage), st.integers(1, 60)), min_size=1, max_size=20),
    st.data(),
)
def test_what_was_told_of_a_night_under_way_stays_true(bouts, data):
    stages = [stage for stage, n in bouts for _ in range(n)]
    half = sleep_statistics(stages[: data.draw(st.integers(0, len(stages)))])
    whole = sleep_statistics(stages)
    assert half.total_sleep_min <= whole.total_sleep_min
    assert half.stage_shifts <= whole.stage_shifts
    assert half.longest_sleep_min <= whole.longest_sleep_min
    assert half.sleep_latency_min in (None, whole.sleep_latency_min)
    assert half.rem_latency_min in (None, whole.rem_latency_min)
    # only the REM period of the last cycle may still grow
    assert half.cycles[:-1] == whole.cycles[: max(0, len(half.cycles) - 1)]
    assert [c.begin_min for c in half.cycles] == [
        c.begin_min for c in whole.cycles[: len(half.cycles)]
    ]


def real_nights(shared_data):
    """Yield the human hypnograms: fifty nights by five scorers each, and one of Sleep-EDF."""
    with np.load(shared_data / "hypnograms" / "dod_five_scorers.npz") as file:
        for name in file.files:
            for codes in file[name]:
                yield [STAGES[code] if code >= 0 else Stage.UNSCORED for code in codes]
    annotations = mne.read_annotations(shared_data / "raw" / "SC4001EC-Hypnogram.edf")
    names = {"W": "W", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "R": "R"}
    yield [
        Stage(names.get(text.split()[-1], "UNSCORED"))
        for text, duration in zip(annotations.description, annotations.duration, strict=True)
        for _ in range(int(duration // 30))
    ]


@pytest.mark.shared_data
def test_real_nights_are_plausible(shared_data):
    nights = [sleep_statistics(stages) for stages in real_nights(shared_data)]
    assert len(nights) == 251
    healthy = nights[:125]  # dodh_*, of five scorers each
    assert 3 <= np.median([len(night.cycles) for night in healthy]) <= 6
    lengths = [cycle.length_min for night in healthy for cycle in night.cycles]
    assert 70 <= np.median(lengths) <= 120  # a human cycle lasts about 90 minutes
    assert 0.15 <= np.median([night.stage_share["R"] for night in healthy]) <= 0.30


@pytest.mark.shared_data
def test_real_nights_agree_with_yasa(shared_data):
    """Where YASA's definition is ours: see the module for where it is not."""
    yasa = pytest.importorskip("yasa", reason="needs the bench extra (yasa)")
    for stages in real_nights(shared_data):
        ours = sleep_statistics(stages)
        night = yasa.Hypnogram([_YASA[stage] for stage in stages], freq="30s")
        theirs = night.sleep_statistics()
        expected = {
            "TIB": ours.recorded_min,
            "SPT": ours.sleep_period_min,
            "TST": ours.total_sleep_min,
            "SE": 100 * ours.sleep_efficiency,
            "SME": 100 * ours.sleep_maintenance,
            "SFI": ours.awakenings_per_h,
            "SOL": ours.sleep_latency_min,
            "WASO": ours.wake_after_onset_min - _wake_at_the_end(stages),
            "WAKE": ours.stage_min["W"],
            **{_YASA[stage]: ours.stage_min[stage] for stage in STAGES[1:]},
            **{f"%{_YASA[stage]}": 100 * ours.stage_share[stage] for stage in STAGES[1:]},
        }
        assert {name: theirs[name] for name in expected} == pytest.approx(expected, abs=1e-4)
        if ours.rem_latency_min is not None:
            assert theirs["Lat_REM"] == ours.rem_latency_min + ours.sleep_latency_min
        counts = night.transition_matrix()[0].drop(index="UNS", columns="UNS", errors="ignore")
        assert counts.to_numpy().sum() - np.trace(counts) == ours.stage_shifts


_YASA = dict(zip(Stage, ("WAKE", "N1", "N2", "N3", "REM", "UNS"), strict=True))


def _wake_at_the_end(stages):
    last = max(i for i, stage in enumerate(stages) if stage.is_sleep)
    return stages[last:].count(Stage.W) / 2
