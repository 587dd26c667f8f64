import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from monitor.domain.errors import InputError
from monitor.usage.norms import NORMS, norms_of
from monitor.usage.rules import LIMITS, Bounds, Limits, check_bounds, default_limits


@pytest.mark.parametrize(
    ("age", "sleep", "planned", "hours"),
    [
        (None, Bounds(600, 720), 540, 63),
        (40.0, Bounds(600, 720), 540, 63),
        (64.9, Bounds(600, 720), 540, 63),
        (5.0, Bounds(720, 840), 660, 77),
        (13.9, Bounds(720, 840), 660, 77),
        (14.0, Bounds(660, 780), 600, 70),
        (17.9, Bounds(660, 780), 600, 70),
        (65.0, Bounds(540, 660), 540, 56),
    ],
)
def test_defaults_go_by_age(age: float | None, sleep: Bounds, planned: float, hours: float) -> None:
    limits = default_limits(age)
    assert limits["sleep_24h_min"] == sleep
    assert limits["planned_min"] == Bounds(hard=planned)
    assert limits["hours_7d"] == Bounds(hours)
    assert limits["rem_24h_min"] == Bounds(140, 180)


@settings(deadline=None)
@given(st.floats(0, 120))
def test_every_age_has_limits_within_the_allowed_ranges(age: float) -> None:
    for name, bounds in default_limits(age).items():
        check_bounds(name, bounds)
    assert norms_of(age) in NORMS


@pytest.mark.parametrize(
    ("name", "bounds", "says"),
    [
        ("naps", Bounds(1), "are known, got 'naps'"),
        (
            "sleep_24h_min",
            Bounds(479, 720),
            "_min soft: 480 to 840 min are allowed, got 479",
        ),
        ("sleep_24h_min", Bounds(600, 841), "sleep_24h_min hard: 480 to 840 min"),
        (
            "sleep_24h_min",
            Bounds("600"),
            "soft: 480 to 840 min are allowed, got '600'",
        ),
        ("sleep_24h_min", Bounds(True), "sleep_24h_min soft: 480 to 840 min are allowed, got True"),
        ("sleep_24h_min", Bounds(720, 600), "soft: at most the hard bound 600 min, got 720"),
        ("wake_between_min", Bounds(90, 240), "soft: at least the hard bound 240 min, got 90"),
        ("rem_share", Bounds(31, 40), "rem_share hard: there is no such bound, got 40"),
        ("trend_rem", Bounds(float("nan")), "trend_rem soft: 4 to 6 σ are allowed, got nan"),
        ("hard_to_wake", Bounds(4), "hard_to_wake: cannot be set"),
    ],
)
def test_what_may_not_be_set_is_refused_with_its_range(
    name: str, bounds: Bounds, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        check_bounds(name, bounds)


def test_a_soft_bound_is_never_laxer_than_the_hard_one() -> None:
    assert Limits({"sleep_24h_min": Bounds(hard=500)})["sleep_24h_min"] == Bounds(500, 500)
    assert Limits({"wake_between_min": Bounds(hard=300)})["wake_between_min"] == Bounds(300, 300)


def test_a_bound_that_is_not_given_is_an_adult_s() -> None:
    assert Limits({"sleep_24h_min": Bounds(500)})["sleep_24h_min"] == Bounds(500, 720)


def test_a_change_leaves_the_other_limits_and_the_old_ones_as_they_were() -> None:
    before = default_limits(15)
    after = before.changed({"rem_24h_min": Bounds(100, 120)})
    assert (before["rem_24h_min"], after["rem_24h_min"]) == (Bounds(140, 180), Bounds(100, 120))
    assert after["sleep_24h_min"] == before["sleep_24h_min"]
    assert after != before
    assert after.changed({"rem_24h_min": Bounds(140, 180)}) == before


@settings(deadline=None)
@given(st.sampled_from(sorted(LIMITS)), st.floats(0, 900), st.floats(0, 900))
def test_what_equals_a_bound_is_allowed_and_a_mark_is_met(
    name: str, value: float, bound: float
) -> None:
    spec = LIMITS[name]
    assert spec.beyond(bound, bound) == (not spec.settable)
    assert value == bound or not (spec.beyond(value, bound) and spec.beyond(bound, value))
