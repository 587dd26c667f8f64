from service.losses import Losses, count_losses


def test_gaps_are_counted_by_cause_the_largest_first():
    gaps = [(45, "packets lost"), (3000, "no sample for 15 s"), (5, "packets lost")]
    causes = {"no sample for 15 s": 3000, "packets lost": 50}
    assert count_losses(gaps, 250.0) == Losses(3, 3050, 12.2, causes)


def test_a_night_without_gaps_has_lost_nothing():
    assert count_losses([], 250.0) == Losses(0, 0, 0.0, {})
