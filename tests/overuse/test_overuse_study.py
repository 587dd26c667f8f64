"""What is found in simulated users, and what the report says of it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.usage.account import History
from monitor.usage.days import find_zone, noon
from monitor.usage.rules import default_limits
from service.overuse import cli
from service.overuse import study as simulated
from service.overuse.follow import FIRST, ZONE, Course, Finding, Rise, User, follow, live, watch
from service.overuse.kinds import BREACH_DAYS, KINDS, ONSET_DAY, STABLE, Group
from service.overuse.nights import Night, make_session
from service.overuse.pages import report_of
from service.overuse.report import LEAST_USERS, MET, MISSED, TOO_FEW, assess, missed
from service.overuse.study import Study, run_study
from service.sheets import html, markdown

DOCS = Path(__file__).parents[2] / "docs"
LIMITS = default_limits()


def night(day, sleep_min=430.0, rem_min=90.0, bed_min=660.0):
    start = noon(FIRST + timedelta(day), find_zone(ZONE)) + 60 * bed_min
    return make_session(f"night {day}", start, Night(sleep_min, rem_min))


def course(kind, *findings, before=(), days=45, rises=(), days_at=(45, 0, 0, 0)):
    return Course(kind, days, before, findings, rises, days_at)


def test_a_person_whose_findings_are_known():
    """Nights alike, every seventh off; more REM from day 20 on, and 12.5 h on day 25."""
    used = [day for day in range(28) if day % 7 != 5]
    changed = {day: {"rem_min": 115.0} for day in range(20, 28)} | {25: {"sleep_min": 750.0}}
    records = [night(day, **changed.get(day, {})) for day in used]
    found = watch("hand-made", records, LIMITS, 15, 27)
    assert (found.days, found.before, sum(found.days_at)) == (12, (), 12)
    # σ is the least, 10 min: 2.5 - 0.5 a night, beyond 5 with the third, told at the noon after.
    # Sleep from 23:15 on passes 720 min in the night, which is told at its end; of one such night
    # the sum for sleep, with a σ of 20 min, is beyond 5 as well.
    end = 10 + (660 + 15 + 750 + 5) / 1_440
    assert [(one.limit, one.severity) for one in found.findings] == [
        ("trend_rem", "soft"),
        ("sleep_24h_min", "hard"),
        ("trend_sleep", "soft"),
    ]
    assert [one.day for one in found.findings] == pytest.approx([8, end, 11])
    assert [rise.level for rise in found.rises] == [1, 2, 3]
    assert [rise.day for rise in found.rises] == pytest.approx([8, end, end])
    assert found.rises[-1].causes == ("sleep_24h_min", "trend_rem")
    assert found.days_at == (7, 3, 0, 2)


@pytest.mark.parametrize("name", [k.name for k in KINDS.values() if k.group is Group.BREACH])
def test_a_planted_breach_is_found_by_its_own_limit(name):
    kind = KINDS[name]
    found = follow(User(name, 1, 1, kind.days))
    assert found.days == BREACH_DAYS
    told = {(one.limit, one.severity) for one in found.findings}
    assert (kind.limits[0], kind.severity) in told


def test_the_account_is_asked_without_knowing_what_comes():
    user = User("more REM, at once", 2, 1, 60)
    records, limits = live(user)
    whole = History(records, ZONE)
    for day in (46, 52, 59):
        at = noon(FIRST + timedelta(day), find_zone(ZONE))
        known = History([record for record in records if record.until <= at], ZONE)
        assert whole.assess(None, at, limits) == known.assess(None, at, limits)


def test_delays_count_those_who_are_found_late_or_never_as_later():
    kind = "more REM, at once"
    trend = [course(kind, Finding("trend_rem", "soft", day)) for day in (4.0, 9.0, 30.0)]
    early = course(kind, Finding("rem_24h_min", "soft", 1.0), Finding("trend_rem", "soft", 11.0))
    never = course(kind, Finding("sleep_24h_min", "soft", 1.0))
    known = course(kind, Finding("trend_rem", "soft", 2.0), before=("trend_rem",))
    row = found_row([*trend, early, never, known], kind)
    assert (row["users"], row["before"], row["found"], row["share"]) == (5, 1, 4, 0.8)
    assert (row["median_days"], row["p90_days"]) == (11.0, None)
    assert row["any"]["through"] == {"trend_rem": 3, "rem_24h_min": 1}
    assert row["any"]["median_days"] == 9.0


def test_a_soft_breach_is_not_the_hard_one_that_was_planted():
    kind = "very long night"
    soft = course(kind, Finding("sleep_24h_min", "soft", 0.9))
    hard = course(
        kind, Finding("sleep_24h_min", "soft", 0.8), Finding("sleep_24h_min", "hard", 1.0)
    )
    row = found_row([soft, hard], kind)
    assert (row["found"], row["any"]["through"]) == (1, {"sleep_24h_min": 1})


def found_row(courses, kind):
    others = [course(name) for name in KINDS if name != kind]
    figures = assess([*others, *courses], Study())
    return next(row for row in figures["found"] if row["kind"] == kind)


def of_all(n, stable_rises=(), never=()):
    """Return `n` courses of every kind, found after ten days but for the kinds in `never`."""
    courses = []
    for kind in KINDS.values():
        found = Finding(kind.limits[0], kind.severity, 10.0) if kind.limits else None
        findings = (found,) if found and kind.name not in never else ()
        courses += [course(kind.name, *findings)] * n
    first = next(k for k, one in enumerate(courses) if one.kind == STABLE)
    courses[first] = replace(courses[first], rises=tuple(stable_rises))
    return courses


def test_marks_are_met_missed_or_have_too_few_users():
    good = assess(of_all(LEAST_USERS), Study())
    assert {mark["verdict"] for mark in good["marks"]} == {MET}
    assert missed(good, quick=False) == []
    rises = [Rise(3, float(day), ("rem_share",)) for day in range(3)]  # of 20 x 45 days: 1.2 a year
    bad = assess(of_all(LEAST_USERS, rises, ("more sessions, at once", "overrun")), Study())
    verdicts = [mark["verdict"] for mark in bad["marks"]]
    assert verdicts == [MISSED, MET, MET, MISSED, MISSED]
    assert len(missed(bad, quick=True)) == 3
    few = assess(of_all(LEAST_USERS - 1), Study())
    assert missed(few, quick=True) == []
    assert len(missed(few, quick=False)) == len(few["marks"])


def test_wrong_levels_of_stable_users_have_an_exact_interval():
    rises = [Rise(level, 3.0, ("jet_lag_min", "rem_share")) for level in (1, 2, 3)]
    stable = assess(of_all(20, rises), Study())["stable"]
    years = 20 * 45 / 365
    low, high = stable["level_3"]["interval"]
    assert stable["level_3"]["n"] == 1
    assert (low * years, high * years) == pytest.approx((0.0253, 5.572), abs=0.002)
    assert stable["limits"]["rem_share"]["behind_level_3"] == 1
    assert stable["level_3_by_user"] == {"0": 19, "1": 1}


@pytest.fixture(scope="module")
def quick():
    """The quick study in this process: what `run_study` does, side by side or not."""
    study = Study(quick=True)
    return assess([follow(user) for user in study.people()], study)


def test_the_quick_report_is_complete(quick):
    assert json.loads(json.dumps(quick)) == quick
    assert quick["study"]["users"] == 1
    asked = {row["kind"] for row in quick["found"]}
    told = {row["kind"] for row in quick["users"]}
    assert asked | told == set(KINDS)
    assert {mark["verdict"] for mark in quick["marks"]} == {TOO_FEW}
    text = markdown(report_of(quick))
    for name in KINDS:
        assert f"| {name} |" in text
    for mark in quick["marks"]:
        assert mark["mark"] in text


def test_equal_seeds_make_equal_users_and_quick_ones_live_shorter():
    assert Study(seed=3).people() == Study(seed=3).people()
    assert {user.seed for user in Study(seed=3).people()} == {3}
    assert max(user.days for user in Study(quick=True).people()) < ONSET_DAY + 30
    assert len(Study(users=2).people()) == 2 * len(KINDS)


def test_the_command_writes_its_files_and_exits_with_what_is_missed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(simulated, "run_study", lambda *_: of_all(LEAST_USERS))
    cli.study(
        as_json=tmp_path / "a.json", as_html=tmp_path / "a.html", as_markdown=tmp_path / "a.md"
    )
    figures = json.loads((tmp_path / "a.json").read_text())
    assert markdown(report_of(figures)) == (tmp_path / "a.md").read_text()
    assert html(report_of(figures)) == (tmp_path / "a.html").read_text()
    assert "How soon overuse is found" in capsys.readouterr().out
    late = of_all(LEAST_USERS, never=("more REM, at once",))
    monkeypatch.setattr(simulated, "run_study", lambda *_: late)
    with pytest.raises(cli.typer.Exit) as left:
        cli.study()
    assert left.value.exit_code == 1
    assert "not met: more REM, at once" in capsys.readouterr().err


def test_the_processes_tell_how_far_they_are():
    seen = []
    people = [User("long night", number, 1, 20) for number in (0, 1)]
    users = [replace(user, kind="minor, 7-13") for user in people]
    courses = run_study(users, 1, lambda name, share: seen.append((name, share)))
    assert courses == [follow(user) for user in users]
    assert seen == [("users", 0.5), ("users", 1.0)]


def test_the_report_in_the_documentation_is_that_of_its_figures():
    figures = json.loads((DOCS / "overuse.json").read_text(encoding="utf-8"))
    assert markdown(report_of(figures)) == (DOCS / "overuse.md").read_text(encoding="utf-8")
    assert {row["kind"] for row in [*figures["found"], *figures["users"]]} == set(KINDS)
    assert figures["study"]["users"] >= LEAST_USERS
