"""What may be asked: bounded fields, and JSON there and back."""

import json
from datetime import date
from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import given

from monitor.domain.errors import InputError
from monitor.usage.changes import Change, from_json, to_json
from tests.usage.usage_changes import AT, changes

GOOD: dict[str, dict[str, Any]] = {
    "set_limits": {"bounds": {"sleep_24h_min": {"soft": 560, "hard": None}}},
    "confirm": {},
    "time_out": {"days": 7},
    "self_exclude": {"days": 183},
    "override": {"name": "Dr. Weber", "reason": "narcolepsy work-up", "hours": 8},
    "withdraw": {"what": "raise"},
    "set_profile": {"zone": "Europe/Berlin", "born": "2012-02-29", "cool_off_h": 48},
}


def message(kind: str, **more: object) -> dict[str, Any]:
    return {"kind": kind, "at": AT, "actor": "anna", "role": "admin", **GOOD[kind], **more}


def test_every_kind_has_an_example() -> None:
    assert set(GOOD) == {kind.kind for kind in get_args(Change)}


@pytest.mark.parametrize("kind", GOOD)
def test_json_there_and_back(kind: str) -> None:
    change = from_json(message(kind))
    assert change.kind == kind
    assert from_json(json.loads(json.dumps(to_json(change)))) == change


@given(changes())
def test_json_of_any_change_there_and_back(change: Change) -> None:
    assert from_json(json.loads(json.dumps(to_json(change)))) == change


def test_a_date_of_birth_is_a_date() -> None:
    change = from_json(message("set_profile"))
    assert getattr(change, "born", None) == date(2012, 2, 29)


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("confirm", {"at": -1}, "at: 0 to"),
        ("confirm", {"at": float("nan")}, "at: a number is wanted"),
        ("confirm", {"at": True}, "at: a number is wanted"),
        ("confirm", {"at": 10**400}, "at: a number is wanted"),
        ("confirm", {"actor": ""}, "actor: 1 to 128 characters"),
        ("confirm", {"actor": 3}, "actor: text is wanted"),
        ("confirm", {"role": "nurse"}, "role: one of dreamer, guardian, technician, admin"),
        ("confirm", {"days": 3}, "days: not one of"),
        ("time_out", {"days": 2}, "days: one of 1, 7, 30 is wanted, got 2"),
        ("time_out", {"days": True}, "days: one of 1, 7, 30"),
        ("self_exclude", {"days": 182}, "days: 183 to 3650 days are allowed, got 182"),
        ("override", {"hours": 24.5}, "hours: above 0 up to 24 h are allowed, got 24.5"),
        ("override", {"hours": 0}, "hours: above 0"),
        ("override", {"reason": ""}, "reason: 1 to 2000 characters"),
        ("override", {"reason": "x" * 2_001}, "got 2001"),
        ("override", {"name": None}, "name: text is wanted"),
        ("withdraw", {"what": "time_out"}, "what: one of raise, override"),
        ("set_profile", {"zone": "Mars/Olympus"}, "zone: an IANA name"),
        ("set_profile", {"zone": 5}, "zone: text is wanted"),
        ("set_profile", {"born": "1.2.2012"}, "born: a date such as 1990-12-31"),
        ("set_profile", {"born": "2012-02-30"}, "born: a date"),
        ("set_profile", {"born": "1815-12-10"}, "born: 1900-01-01 to"),
        ("set_profile", {"born": "2999-01-01"}, "are allowed, got 2999-01-01"),
        ("set_profile", {"cool_off_h": 23}, "cool_off_h: 24 to 168 h are allowed, got 23"),
        ("set_limits", {"bounds": {}}, "bounds: at least one of"),
        ("set_limits", {"bounds": [1]}, "bounds: limits with their"),
        ("set_limits", {"bounds": {"naps": {"soft": 1}}}, "got 'naps'"),
        ("set_limits", {"bounds": {"rem_24h_min": 100}}, "rem_24h_min: a soft and a hard bound"),
        ("set_limits", {"bounds": {"rem_24h_min": {"mild": 1}}}, "a soft and a hard bound"),
        (
            "set_limits",
            {"bounds": {"rem_24h_min": {"soft": "1"}}},
            "rem_24h_min soft: 90 to 240 min",
        ),
        ("set_limits", {"bounds": {"rem_24h_min": {"hard": 241}}}, "rem_24h_min hard: 90 to 240"),
        ("set_limits", {"bounds": {"rem_share": {"hard": 30}}}, "rem_share hard: there is no such"),
        ("set_limits", {"bounds": {"hard_to_wake": {"soft": 4}}}, "hard_to_wake: cannot be set"),
        (
            "set_limits",
            {"bounds": {"sleep_24h_min": {"soft": 700, "hard": 600}}},
            "sleep_24h_min soft: at most the hard bound 600 min, got 700",
        ),
    ],
)
def test_a_bad_field_is_refused_with_its_name(kind: str, more: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        from_json(message(kind, **more))
    assert told in str(caught.value)


@pytest.mark.parametrize("kind", ["naps", None, ["confirm"]])
def test_an_unknown_kind_is_refused(kind: object) -> None:
    with pytest.raises(InputError, match="kind: one of set_limits"):
        from_json({**message("confirm"), "kind": kind})


@pytest.mark.parametrize("kind", GOOD)
def test_a_missing_field_is_refused(kind: str) -> None:
    whole = message(kind)
    for name in whole.keys() - {"kind", "zone", "born", "cool_off_h"}:
        with pytest.raises(InputError, match=f"{name}: is missing"):
            from_json({key: value for key, value in whole.items() if key != name})


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=4)))
def test_anything_else_is_an_input_error(obj: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        from_json(obj)
