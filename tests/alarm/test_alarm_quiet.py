"""Seconds alike that pass at once are the same as one after the other."""

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from monitor.alarm.engine import AlarmEngine
from monitor.domain.contact import Contact, Second
from monitor.domain.events import Event
from monitor.domain.montage import Montage

MONTAGE = Montage.from_names(["C3-M2", "EOG-L"])
START, PLANNED_S = 1_700_000_000.25, 90
STATES = (Contact.GOOD, Contact.MISSING, Contact.RAILED)

CONTACTS = st.tuples(*[st.sampled_from(STATES)] * 2).map(lambda pair: np.array(pair, np.int8))
STRETCHES = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 30]), st.integers(1, 30)), min_size=2, max_size=4
)
"""Seconds of which nothing is known, and how many of one contact follow."""


def engine() -> AlarmEngine:
    return AlarmEngine("bed-7", MONTAGE, start=START, planned_s=PLANNED_S)


def observe(alarms: AlarmEngine, first: int, last: int, contact: np.ndarray) -> list[Event]:
    """Push the seconds from `first` to before `last` one by one."""
    seconds = [Second(START + end, contact) for end in range(first + 1, last + 1)]
    return [event for second in seconds for event in alarms.observe(second)]


@given(st.lists(st.tuples(CONTACTS, STRETCHES), min_size=1, max_size=4))
def test_a_stretch_passed_at_once_is_the_same_as_second_by_second(spells) -> None:
    at_once, one_by_one, now, passed = engine(), engine(), 0, 0
    for contact, stretches in spells:
        for unseen, length in stretches:
            first, now = now + unseen, now + unseen + length
            before = at_once.snapshot()
            quiet = at_once.pass_quietly(Second(START + now, contact), length)
            assert quiet or at_once.snapshot() == before
            events = [] if quiet else observe(at_once, first, now, contact)
            assert events == observe(one_by_one, first, now, contact)
            assert at_once.snapshot() == one_by_one.snapshot()
            passed += quiet
    event(f"stretches passed at once: {min(passed, 3)}")


def test_a_quiet_stretch_passes_at_once_up_to_the_next_timer() -> None:
    alarms, good = engine(), np.zeros(2, np.int8)
    observe(alarms, 0, 20, good)
    assert not alarms.pass_quietly(Second(START + PLANNED_S, good), PLANNED_S - 20)
    assert alarms.pass_quietly(Second(START + PLANNED_S - 1, good), PLANNED_S - 21)
