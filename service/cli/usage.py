"""``dreamwatch usage``: the account of dream time and its limits."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import uuid4

import typer
from rich.console import Console

from monitor.domain.errors import InputError
from monitor.sources.spec import check_dreamer
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
)
from monitor.usage.days import find_zone
from monitor.usage.rules import Bounds
from service.errors import ServiceError
from service.overuse.cli import study
from service.settings import Settings, load_settings
from service.usage.accounts import Use
from service.usage.desk import Desk
from service.usage.exporting import to_csv, to_object
from service.usage.importing import parse_time, read_night
from service.usage.printing import print_account
from service.users import user_name

usage = typer.Typer(
    help="How much somebody has dreamt and slept, and what their limits are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Dreamer = Annotated[str, typer.Argument(help="Whose account.")]
DataDir = Annotated[Path | None, typer.Option(help="Where the log is kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
At = Annotated[str | None, typer.Option(help="Another moment than now, ISO 8601.")]
By = Annotated[str, typer.Option("--role", help=f"As what you ask: {', '.join(get_args(Role))}.")]


@usage.command()
def show(
    dreamer: Dreamer, at: At = None, as_json: AsJson = False, data_dir: DataDir = None
) -> None:
    """Print the account: windows of 24 hours, 7 and 14 days, limits, level, and 14 days as bars."""
    use = _desk(data_dir).read(check_dreamer(dreamer))
    account = use.account(_moment(use, at))
    if as_json:
        typer.echo(json.dumps(account))
    else:
        print_account(Console(), account)


@usage.command("import")
def import_night(
    dreamer: Dreamer,
    file: Annotated[Path, typer.Argument(help="CSV as `dreamwatch score` writes, or EDF+.")],
    start: Annotated[str, typer.Option(help="When the recording began, ISO 8601.")],
    data_dir: DataDir = None,
) -> None:
    """Add a past night that was scored elsewhere; importing it again changes nothing.

    Without an offset the start is of the dreamer's clock. What another session covers already is
    not counted again.
    """
    desk = _desk(data_dir)
    use = desk.read(check_dreamer(dreamer), new=True)
    now = use.now(time.time())
    zone = find_zone(use.terms(now).zone)
    night = read_night(file, parse_time(start, zone), now)
    replaced = desk.add(dreamer, night)
    done = "imported" if replaced is None else f"replaced {replaced / 3600:.2f} h by"
    typer.echo(
        f"{done} {(night.until - night.start) / 3600:.2f} h of {dreamer} from {file}, begun "
        f"{datetime.fromtimestamp(night.start, zone).isoformat()}"
    )


@usage.command()
def export(
    dreamer: Dreamer,
    out: Annotated[Path | None, typer.Option(help="File; standard output if left out.")] = None,
    form: Annotated[
        str, typer.Option("--format", help="csv: a line a session; json: all.")
    ] = "csv",
    data_dir: DataDir = None,
) -> None:
    """Write all sessions, and as JSON what was asked of the limits too."""
    if form not in ("csv", "json"):
        raise InputError(f"--format {form!r} must be csv or json")
    use = _desk(data_dir).read(check_dreamer(dreamer))
    text = to_csv(use) if form == "csv" else json.dumps(to_object(use), indent=1)
    if out is None:
        typer.echo(text, nl=False)
    else:
        try:
            out.write_text(text)
        except OSError as error:
            raise ServiceError(f"{out}: cannot be written: {error.strerror}") from error
        typer.echo(f"{out}: {len(use.past.records)} sessions")


@usage.command()
def limit(
    dreamer: Dreamer,
    name: Annotated[str, typer.Argument(help="Such as sleep_24h_min; `usage show` lists them.")],
    soft: Annotated[float | None, typer.Option(help="Where notice begins.")] = None,
    hard: Annotated[float | None, typer.Option(help="Where no session may start.")] = None,
    role: By = "dreamer",
    data_dir: DataDir = None,
) -> None:
    """Ask for another limit: stricter holds at once, laxer after 24 hours and `usage confirm`."""
    bounds = {name: Bounds(soft, hard)}
    account = _ask(data_dir, dreamer, lambda by: SetLimits(bounds=bounds, **by), role)
    held = account["limits"][name]
    typer.echo(f"{name}: soft {_of(held['soft'])}, hard {_of(held['hard'])} {held['unit']}")
    if pending := held["pending"]:
        typer.echo(
            f"soft {_of(pending['soft'])}, hard {_of(pending['hard'])} wait: "
            f"confirm them from {pending['confirm_from']} until {pending['confirm_until']}"
        )


@usage.command()
def confirm(dreamer: Dreamer, role: By = "dreamer", data_dir: DataDir = None) -> None:
    """Say a second time that laxer limits are wanted whose cool-off is over."""
    _ask(data_dir, dreamer, lambda by: Confirm(**by), role)
    typer.echo("confirmed")


@usage.command("time-out")
def time_out(
    dreamer: Dreamer,
    days: Annotated[int, typer.Option(help="1, 7 or 30.")] = 1,
    role: By = "dreamer",
    data_dir: DataDir = None,
) -> None:
    """Start no session for some days; nobody can shorten that."""
    account = _ask(data_dir, dreamer, lambda by: TimeOut(days=days, **by), role)
    typer.echo(f"no session may start before {account['timeout_until']}")


@usage.command("self-exclude")
def self_exclude(
    dreamer: Dreamer,
    days: Annotated[int, typer.Option(help="183 or more.")] = 183,
    role: By = "dreamer",
    data_dir: DataDir = None,
) -> None:
    """Start no session for six months or more; nobody can shorten that."""
    account = _ask(data_dir, dreamer, lambda by: SelfExclude(days=days, **by), role)
    typer.echo(f"no session may start before {account['excluded_until']}")


@usage.command()
def override(
    dreamer: Dreamer,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    hours: Annotated[float, typer.Option(help="At most 24.")] = 12.0,
    name: Annotated[str | None, typer.Option(help="Who stands for it; you if left out.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Lift the hard limits for some hours; a time-out and a self-exclusion stay."""
    who = name or user_name()
    made = _ask(
        data_dir,
        dreamer,
        lambda by: Override(name=who, reason=reason, hours=hours, **by),
        "admin",
    )["override"]
    typer.echo(f"the hard limits are lifted until {made['until']}")


@usage.command()
def withdraw(
    dreamer: Dreamer,
    what: Annotated[str, typer.Argument(help="raise: laxer limits that wait; or override.")],
    role: By = "dreamer",
    data_dir: DataDir = None,
) -> None:
    """Take back laxer limits that are not confirmed yet, or end an override."""
    _ask(data_dir, dreamer, lambda by: Withdraw(what=what, **by), role)  # type: ignore[arg-type]
    typer.echo("withdrawn")


@usage.command()
def profile(
    dreamer: Dreamer,
    zone: Annotated[str | None, typer.Option(help="IANA time zone such as Europe/Berlin.")] = None,
    born: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of birth.")
    ] = None,
    guardian: Annotated[str | None, typer.Option(help="Of a minor.")] = None,
    cool_off_h: Annotated[float | None, typer.Option(help="24 to 168.")] = None,
    role: By = "admin",
    data_dir: DataDir = None,
) -> None:
    """Say where and how old a dreamer is; the limits follow the age."""
    day = None if born is None else born.date()
    said = {"zone": zone, "born": day, "guardian": guardian, "cool_off_h": cool_off_h}
    account = _ask(data_dir, dreamer, lambda by: SetProfile(**said, **by), role)  # type: ignore[arg-type]
    typer.echo(f"age group {account['age_group']}, time zone {account['zone']}")


usage.command()(study)


def _ask(data_dir: Path | None, dreamer: str, make: Any, role: str) -> dict[str, Any]:
    """Write down what is asked; return the account that follows."""
    desk = _desk(data_dir)
    now = desk.read(check_dreamer(dreamer), new=True).now(time.time())
    change: Change = make({"at": now, "actor": user_name(), "role": role})
    desk.ask(dreamer, uuid4().hex, change)
    return desk.read(dreamer).account(now)


def _desk(data_dir: Path | None) -> Desk:
    settings: Settings = load_settings(data_dir=data_dir)
    return Desk(settings.data_dir, settings.time_zone)


def _moment(use: Use, at: str | None) -> float:
    now = use.now(time.time())
    return now if at is None else parse_time(at, find_zone(use.terms(now).zone), "--at")


def _of(bound: float | None) -> str:
    return "–" if bound is None else f"{bound:g}"
