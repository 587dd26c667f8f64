"""Events in the words of annotations, and how they wait for room."""

import pytest

from monitor.alarm.record import State
from monitor.domain.events import AlarmChanged, Priority, Reason, WakeStep
from service.recording.texts import MAX_TEXT, TAL_ROOM, WAITING, Annotation, Waiting, annotate

WHY = Reason("held", "")


def alarm(state: str, before: str = "NORMAL") -> AlarmChanged:
    return AlarmChanged(
        105.0, "a1", "UNRESPONSIVE", "", Priority.HIGH, state, before, WHY, 1, True,
        None, None, None, False, None, None, 0, None, 0,
    )  # fmt: skip


@pytest.mark.parametrize("state", [s for s in State if s not in ("PENDING", "NORMAL")])
def test_every_state_of_an_alarm_has_words(state: State) -> None:
    said = annotate(alarm(state), 100.0)
    assert said is not None
    assert said.text.startswith("Alarm UNRESPONSIVE ")
    assert "_" not in said.text
    assert (said.onset_s, said.duration_s) == (5.0, 0.0)


@pytest.mark.parametrize(
    ("state", "before", "text"),
    [
        ("ACTIVE_UNACK", "PENDING", "Alarm UNRESPONSIVE raised"),
        ("NORMAL", "RTN_UNACK", "Alarm UNRESPONSIVE over"),
        ("PENDING", "NORMAL", None),
        ("NORMAL", "PENDING", None),
    ],
)
def test_an_alarm_not_yet_raised_is_not_told(state: str, before: str, text: str | None) -> None:
    said = annotate(alarm(state, before), 100.0)
    assert (said and said.text) == text


@pytest.mark.parametrize(
    ("step", "number", "level", "text"),
    [
        ("CUE", 2, 70, "Cue 2 of 3 70 dBA"),
        ("LISTEN", 2, None, "Wake LISTEN 2 of 3"),
        ("DEFER", 0, None, "Wake DEFER"),
        ("RESPONSE", 2, None, f"Response {WHY.code} to cue 2 of 3"),
    ],
)
def test_steps_of_the_wake_protocol(step: str, number: int, level: int | None, text: str) -> None:
    said = annotate(WakeStep(105.0, step, number, 3, level, None, WHY), 100.0)
    assert said == Annotation(5.0, 0.0, text)


@pytest.mark.parametrize("letter", ["a", "é", "€", "😀"])
def test_the_longest_text_fits_a_record(letter: str) -> None:
    waiting = Waiting()
    waiting.put(Annotation(604_799.1234567, 86_399.1234567, letter * 2_000))
    taken = waiting.take(TAL_ROOM, 0.0)
    text = taken.split(b"\x14")[1].decode()
    assert MAX_TEXT - 7 < len(text.encode()) <= MAX_TEXT
    assert text.endswith("…")


def test_what_finds_no_place_is_counted() -> None:
    waiting = Waiting()
    for k in range(WAITING + 7):
        waiting.put(Annotation(k, 0.0, f"event {k}"))
    taken = b""
    while waiting:
        piece = waiting.take(TAL_ROOM, 0.0)
        assert 0 < len(piece) <= TAL_ROOM
        taken += piece
    assert taken.count(b"event") == WAITING
    assert b"7 annotations left out for want of room" in taken


def test_control_characters_cannot_forge_an_annotation() -> None:
    waiting = Waiting()
    waiting.put(Annotation(1.5, 0.0, "by \x14\x00+9\x14Sleep stage W\x14\x00\n"))
    assert waiting.take(TAL_ROOM, 0.0) == b"+1.5\x14by   +9 Sleep stage W   \x14\0"
