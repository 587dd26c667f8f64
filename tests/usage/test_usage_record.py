import itertools
import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from monitor.domain.errors import InputError
from monitor.domain.stage import Stage
from monitor.usage.record import SessionRecord, cut, from_json, run_lengths, to_json
from tests.usage.usage_nights import MARCH, records

NIGHT = SessionRecord("s1", 1_000.0, 1_200.0, ((Stage.W, 2), (Stage.N2, 3)), rounds=2)


@settings(deadline=None)
@given(records())
def test_json_gives_the_record_back(record: SessionRecord) -> None:
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(Stage))))
def test_runs_hold_every_epoch_and_never_repeat_a_stage(stages: list[Stage]) -> None:
    runs = run_lengths(stages)
    assert [stage for stage, count in runs for _ in range(count)] == stages
    assert all(one != next_ for (one, _), (next_, _) in itertools.pairwise(runs))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("session", "", "1 to 200 characters"),
        ("session", 7, "session: str is wanted"),
        ("start", float("nan"), "start: 0 to"),
        ("start", "now", "start: 0 to"),
        ("until", 999.0, "until: 1000 to"),
        ("until", 1_149.0, "until: not before the last epoch's end 1150.0 s"),
        ("until", 10**400, "until: 1000 to"),
        ("runs", [["N4", 1]], "runs: a stage of W, N1"),
        ("runs", [["N2", 0]], "count from 1 to"),
        ("runs", [["N2", 10**400]], "count from 1 to"),
        ("runs", [["N2"]], "runs: a stage"),
        ("runs", None, "runs: list is wanted"),
        ("ended", 1, "ended: bool is wanted"),
        ("planned_s", -1, "planned_s: 0 to"),
        ("rounds", 1_001, "rounds: 0 to 1000 rounds"),
        ("rounds", True, "rounds: 0 to 1000 rounds"),
    ],
)
def test_what_is_not_a_session_is_refused_with_its_name(name: str, value: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        from_json({**to_json(NIGHT), name: value})


def test_seen_from_its_midst_an_epoch_is_unscored_until_it_is_over() -> None:
    then = cut(NIGHT, 1_119.9)
    assert (then.runs, then.until) == (((Stage.W, 2), (Stage.N2, 1)), 1_119.9)
    assert (then.ended, then.rounds) == (False, 0)
    assert cut(NIGHT, 1_120.0).runs == ((Stage.W, 2), (Stage.N2, 2))
    assert cut(NIGHT, 1_050.0).runs == ((Stage.W, 1),)


@settings(deadline=None)
@given(records(), st.floats(1, 9_000), st.floats(1, 9_000))
def test_what_was_known_then_does_not_depend_on_what_came_later(
    record: SessionRecord, one: float, other: float
) -> None:
    early, late = (record.start + offset for offset in sorted((one, other)))
    assert record.start >= MARCH
    assert cut(cut(record, late), early) == cut(record, early)
