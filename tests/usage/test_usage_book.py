"""The book of limits: stricter at once, laxer late and twice, pauses never shorter."""

from dataclasses import replace
from datetime import date

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from monitor.domain.errors import NotAllowed
from monitor.usage.book import check, fold
from monitor.usage.changes import (
    Change,
    Confirm,
    Override,
    Role,
    SelfExclude,
    SetLimits,
    SetProfile,
    TimeOut,
    Withdraw,
    from_json,
    to_json,
)
from monitor.usage.rules import Bounds, default_limits
from monitor.usage.terms import Terms
from tests.usage.usage_changes import AT, DAY, HOUR, ask, asked_bounds, changes, laxer, limit

SLEEP = "sleep_24h_min"
CHILD = ask(SetProfile, 0, "admin", born=date(2014, 1, 1), guardian="Eva")


def terms_of(*asked: Change, hours: float = 0.0) -> Terms:
    return fold(asked, AT + hours * HOUR)


def sleep(*asked: Change, hours: float = 0.0) -> Bounds:
    return terms_of(*asked, hours=hours).limits[SLEEP]


def refusal(change: Change, *before: Change) -> str:
    with pytest.raises(NotAllowed) as caught:
        check(fold(before, change.at), change)
    assert fold([*before, change], change.at) == fold(before, change.at)
    return str(caught.value)


def test_with_nothing_asked_the_limits_are_an_adults() -> None:
    terms = terms_of()
    assert terms.limits == default_limits(None)
    assert (terms.zone, terms.age, terms.minor) == ("UTC", None, False)


def test_stricter_holds_at_once_and_laxer_only_after_cool_off_and_confirmation() -> None:
    lower = ask(SetLimits, 0, **limit(SLEEP, 550, 650))
    back = ask(SetLimits, 1, **limit(SLEEP, 600, 720))
    early, confirm = ask(Confirm, 25 - 1 / 3600), ask(Confirm, 25)
    assert sleep(lower) == Bounds(550, 650)
    assert sleep(lower, back, hours=200) == Bounds(550, 650)
    assert "the cool-off lasts for 0.00 h more" in refusal(early, lower, back)
    assert sleep(lower, back, early, hours=48) == Bounds(550, 650)
    assert sleep(lower, back, confirm, hours=25) == Bounds(600, 720)


def test_a_least_bound_is_laxer_when_lower() -> None:
    asked = ask(SetLimits, **limit("wake_between_min", 300, 60))
    terms = terms_of(asked)
    assert terms.limits["wake_between_min"] == Bounds(300, 90)
    assert terms.pending["wake_between_min"].bounds == Bounds(None, 60)


def test_a_mixed_request_is_split() -> None:
    asked = ask(SetLimits, bounds={SLEEP: Bounds(560, 800), "rem_24h_min": Bounds(150, None)})
    terms = terms_of(asked)
    assert terms.limits[SLEEP] == Bounds(560, 720)
    assert {name: one.bounds for name, one in terms.pending.items()} == {
        SLEEP: Bounds(None, 800),
        "rem_24h_min": Bounds(150, None),
    }
    assert {one.confirm_from for one in terms.pending.values()} == {AT + DAY}


def test_an_unconfirmed_raise_is_forgotten_after_a_week() -> None:
    asked = ask(SetLimits, **limit(SLEEP, hard=800))
    last, late = ask(Confirm, 8 * 24), ask(Confirm, 8 * 24 + 0.01)
    assert sleep(asked, last, hours=8 * 24).hard == 800
    assert "no laxer bound waits" in refusal(late, asked)


def test_the_same_wish_again_does_not_wait_anew_but_another_one_does() -> None:
    asked, again = (ask(SetLimits, hours, **limit(SLEEP, hard=800)) for hours in (0, 10))
    other = ask(SetLimits, 10, **limit(SLEEP, hard=810))
    confirm = ask(Confirm, 24)
    assert sleep(asked, again, confirm, hours=24).hard == 800
    assert sleep(asked, other, confirm, hours=24).hard == 720


def test_a_stricter_wish_ends_the_laxer_one_of_that_bound_only() -> None:
    asked = ask(SetLimits, **limit(SLEEP, 700, 800))
    lower = ask(SetLimits, 1, **limit(SLEEP, hard=710))
    terms = terms_of(asked, lower, hours=1)
    assert terms.limits[SLEEP].hard == 710
    assert terms.pending[SLEEP].bounds == Bounds(700, None)
    assert terms.pending[SLEEP].confirm_from == AT + DAY
    same = ask(SetLimits, 2, **limit(SLEEP, 600))
    assert not terms_of(asked, lower, same, hours=2).pending


def test_a_hard_bound_below_the_soft_one_takes_it_along() -> None:
    assert sleep(ask(SetLimits, **limit(SLEEP, hard=500))) == Bounds(500, 500)


def test_the_cool_off_may_be_longer() -> None:
    longer = ask(SetProfile, cool_off_h=72)
    asked = ask(SetLimits, 1, **limit(SLEEP, hard=800))
    assert "the cool-off lasts for 1.00 h more" in refusal(ask(Confirm, 72), longer, asked)
    assert sleep(longer, asked, ask(Confirm, 73), hours=73).hard == 800
    shorter = ask(SetProfile, 2, cool_off_h=24)
    assert "not for the dreamer" in refusal(shorter, longer)
    assert terms_of(longer, ask(SetProfile, 2, "admin", cool_off_h=24), hours=2).cool_off_h == 24


def test_a_withdrawn_raise_cannot_be_confirmed() -> None:
    asked = ask(SetLimits, **limit(SLEEP, hard=800))
    withdraw = ask(Withdraw, 5, what="raise")
    assert "no laxer bound waits" in refusal(ask(Confirm, 30), asked, withdraw)
    assert "no laxer bound waits" in refusal(withdraw)


@pytest.mark.parametrize("role", ["dreamer", "technician"])
def test_a_minor_needs_a_guardian_for_whatever_is_laxer(role: Role) -> None:
    raising = ask(SetLimits, 1, role, **limit(SLEEP, hard=840))
    allowed = ask(SetLimits, 1, "guardian", **limit("rem_24h_min", hard=200))
    told = "needs a guardian or an admin at the age of 12 years"
    assert sleep(CHILD) == Bounds(720, 840)
    assert sleep(CHILD, ask(SetLimits, 1, role, **limit(SLEEP, 600)), hours=1) == Bounds(600, 840)
    stricter = ask(SetLimits, 0.5, role, **limit(SLEEP, hard=700))
    assert told in refusal(raising, CHILD, stricter)
    for change in (
        ask(Confirm, 30, role),
        ask(Withdraw, 30, role, what="raise"),
        ask(SetProfile, 30, role, zone="Europe/Berlin"),
    ):
        assert told in refusal(change, CHILD, allowed)
    confirmed = terms_of(CHILD, allowed, ask(Confirm, 30, "guardian"), hours=30)
    assert confirmed.limits["rem_24h_min"].hard == 200


def test_a_minor_comes_of_age_on_the_birthday_of_the_own_zone() -> None:
    profile = ask(
        SetProfile, -24, "admin", born=date(2008, 6, 2), zone="Asia/Tokyo", guardian="Eva"
    )
    assert terms_of(profile, hours=2.9).age == 17
    grown = terms_of(profile, hours=3)
    assert (grown.age, grown.minor) == (18, False)
    assert grown.limits == default_limits(18)


def test_only_an_admin_lifts_the_limits_and_for_a_day_at_most() -> None:
    wanted = {"name": "Dr. Weber", "reason": "work-up", "hours": 24}
    for role in ("dreamer", "guardian", "technician"):
        assert "needs the role admin" in refusal(ask(Override, 0, role, **wanted))
    override = ask(Override, 0, "admin", **wanted)
    assert terms_of(override, hours=23.99).override == override
    assert terms_of(override, hours=24).override is None
    withdraw = ask(Withdraw, 2, "admin", what="override")
    assert terms_of(override, withdraw, hours=2).override is None
    assert "no override is in force" in refusal(withdraw)


@pytest.mark.parametrize(("kind", "short", "long"), [(TimeOut, 1, 30), (SelfExclude, 183, 200)])
def test_a_pause_can_be_longer_never_shorter(
    kind: type[TimeOut | SelfExclude], short: int, long: int
) -> None:
    name = "timeout_until" if kind is TimeOut else "excluded_until"
    first, again = ask(kind, days=long), ask(kind, 1, days=long)
    told = refusal(ask(kind, 1, "admin", days=short), first)
    assert f"days more, {short} days were asked" in told
    assert getattr(terms_of(first, again, hours=1), name) == AT + HOUR + long * DAY
    assert getattr(terms_of(first, hours=24 * long - 0.01), name) == AT + long * DAY
    assert getattr(terms_of(first, hours=24 * long), name) is None


def test_a_dreamer_cannot_change_the_own_age() -> None:
    assert "not for the dreamer" in refusal(ask(SetProfile, born=date(2014, 1, 1)))
    terms = terms_of(ask(SetProfile, zone="Asia/Tokyo", guardian="Eva"))
    assert (terms.zone, terms.guardian) == ("Asia/Tokyo", "Eva")


def test_what_is_asked_later_is_not_seen() -> None:
    assert sleep(ask(SetLimits, 5, **limit(SLEEP, 500)), hours=4.9) == Bounds(600, 720)


@given(st.data(), st.sampled_from([2, 40, 30 * 24]), st.integers(0, 40 * 24))
def test_the_order_in_which_the_book_is_read_changes_nothing(
    data: st.DataObject, within_h: int, hours: int
) -> None:
    asked = data.draw(st.lists(changes(within_h=within_h), max_size=12))
    again = [from_json(to_json(change)) for change in data.draw(st.permutations(asked))]
    assert terms_of(*again, hours=hours) == terms_of(*asked, hours=hours)


@given(st.lists(changes(), max_size=12))
def test_the_book_is_total_and_agrees_with_the_check(asked: list[Change]) -> None:
    for n, change in enumerate(sorted(asked, key=lambda one: one.at)):
        before = [one for one in asked if one.at < change.at]
        if any(one.at == change.at for one in asked if one is not change):
            continue
        terms = fold(before, change.at)
        try:
            check(terms, change)
        except NotAllowed:
            assert fold([*before, change], change.at) == terms
        assert n < len(asked)


@given(st.lists(changes(), max_size=8), asked_bounds())
def test_stricter_bounds_hold_at_once_for_everyone(
    asked: list[Change], bounds: dict[str, Bounds]
) -> None:
    now = 31 * 24.0
    before = terms_of(*asked, hours=now)
    change = ask(SetLimits, now, "admin", bounds=bounds)
    after = terms_of(*asked, change, hours=now)
    assert not laxer(after.limits, before.limits)
    for name, wanted in bounds.items():
        for side in ("soft", "hard"):
            held, value = getattr(after.limits[name], side), getattr(wanted, side)
            waits = name in after.pending and getattr(after.pending[name].bounds, side) is not None
            if value is not None and not waits:
                assert held == value or not laxer_than(name, held, value)


def laxer_than(name: str, held: float, value: float) -> bool:
    limits = default_limits(None)
    side = limits.changed({name: _both(name, held)}), limits.changed({name: _both(name, value)})
    return bool(laxer(*side))


def _both(name: str, value: float) -> Bounds:
    default = default_limits(None)[name]
    return Bounds(
        value if default.soft is not None else None, value if default.hard is not None else None
    )


NO_WAY_OUT = settings(max_examples=50)


@NO_WAY_OUT
@given(
    st.lists(changes(("guardian", "technician", "admin"), within_h=20 * 24), max_size=6),
    st.lists(changes(("dreamer",), within_h=24), max_size=12),
)
def test_within_a_day_a_dreamer_alone_makes_nothing_laxer_and_ends_no_pause(
    others: list[Change], own: list[Change]
) -> None:
    clean = 20 * 24.0
    before = [*others, ask(Withdraw, clean, "admin", what="raise")]
    begin = terms_of(*before, hours=clean)
    moved = [from_json({**to_json(one), "at": one.at + clean * HOUR + 0.5}) for one in own]
    for hours in (1.0, 6.0, 12.0, 23.9):
        now = terms_of(*before, *moved, hours=clean + hours)
        alone = terms_of(*before, hours=clean + hours)
        assert not laxer(now.limits, alone.limits)
        assert not laxer(now.limits, begin.limits) or alone.age != begin.age
        assert (now.timeout_until or 0) >= (alone.timeout_until or 0)
        assert (now.excluded_until or 0) >= (alone.excluded_until or 0)
        assert now.override in (None, alone.override)


@NO_WAY_OUT
@given(st.lists(changes(("dreamer",), within_h=60), max_size=15))
def test_a_laxer_bound_was_asked_a_day_before_and_confirmed_since(own: list[Change]) -> None:
    for hours in range(0, 60, 4):
        for name_side in laxer(terms_of(*own, hours=hours).limits, default_limits(None)):
            name = name_side.split()[0]
            confirms = [one.at for one in own if isinstance(one, Confirm)]
            asks = [one.at for one in own if isinstance(one, SetLimits) and name in one.bounds]
            assert any(
                confirm >= asked + DAY and confirm <= AT + hours * HOUR
                for confirm in confirms
                for asked in asks
            )


@NO_WAY_OUT
@given(st.lists(changes(), max_size=12), st.sampled_from([TimeOut, SelfExclude]))
def test_nobody_ends_a_pause_sooner(
    others: list[Change], kind: type[TimeOut | SelfExclude]
) -> None:
    pause = ask(kind, 0, days=30 if kind is TimeOut else 183)
    name = "timeout_until" if kind is TimeOut else "excluded_until"
    asked = [from_json({**to_json(one), "at": one.at + 1}) for one in others]
    for hours in (1, 100, 700):
        until = getattr(terms_of(pause, *asked, hours=hours), name)
        assert until is not None
        assert until >= AT + (30 if kind is TimeOut else 183) * DAY


def test_who_and_where_somebody_is_was_so_before_it_was_said() -> None:
    said = SetProfile(
        at=2e9, actor="ann", role="admin", zone="America/New_York", born=date(2024, 1, 1)
    )
    moved = SetProfile(at=2.1e9, actor="ann", role="admin", zone="Europe/Berlin")
    before = fold((said, moved), 1.9e9)
    assert (before.zone, before.born, before.minor) == (said.zone, said.born, True)
    assert fold((said, moved), 2.05e9).zone == said.zone
    assert fold((said, moved), 2.2e9).zone == moved.zone
    assert fold((replace(said, role="dreamer"),), 1.9e9).born is None
