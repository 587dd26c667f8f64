"""The parts of the reference about what is told: messages, alarms, waking, limits, the webhook."""

import json
from typing import Any, get_args

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.rules import MAX_LEVEL_DBA, AlarmKind, KindRule
from monitor.domain.inputs import Begin, Command
from monitor.usage.changes import COOL_OFF_H, EXCLUSION_DAYS, OVERRIDE_H, TIME_OUT_DAYS
from monitor.usage.norms import NORMS
from monitor.usage.rules import LIMITS, default_limits
from service.access.journal import Deed
from service.access.tickets import HOLDS_S
from service.contract import DATA, ENTRIES
from service.log import FORGET
from service.stream import POLICY_VIOLATION, SIGNED_OUT, TRY_AGAIN_LATER
from service.usage.book import LIMITS as LIMITS_ASKED
from service.webhook import Webhook, not_watched
from tests.docs.markdown import code, number, summary, table
from tests.docs.shapes import fields, schemas_of

RAISED_WHEN = {
    AlarmKind.SIGNAL_LOST: "no valid sample comes; high at once while a wake protocol or an alarm "
    "about the dreamer is open",
    AlarmKind.PIPELINE_FAULT: "a part of the program does not do its work; high while the log "
    "cannot be written",
    AlarmKind.ELECTRODE_OFF: "a channel is railed, flat or noise; medium when every EEG channel is",
    AlarmKind.OVERRUN: "the dreamer sleeps past the planned end",
    AlarmKind.UNATTENDED: "nobody who may acknowledge is connected to a live session",
    AlarmKind.HARD_TO_WAKE: "rounds of the wake protocol went unanswered: go and look",
    AlarmKind.UNRESPONSIVE: "the wake protocol is over without an answer, or a person says so",
    AlarmKind.EEG_SUPPRESSED: "the EEG is mostly silent, with good contact",
    AlarmKind.EEG_ABNORMAL: "the EEG is partly silent or very small, or one stage lasts too long",
    AlarmKind.OVERUSE_SOFT: "a soft limit of dream use is broken",
    AlarmKind.OVERUSE_HARD: "a hard limit of dream use is broken",
}


def messages() -> str:
    """Return every type of message and what its data say."""
    schemas = schemas_of(DATA.values())
    parts = []
    for name, shape in DATA.items():
        kind = "in the log" if name in ENTRIES else "telemetry"
        rows = list(fields(schemas[shape.__name__]))
        told = table(("field of `data`", "type", ""), rows)
        parts.append(f"### Message {name}\n\n{summary(shape.__doc__)} ({kind})\n\n{told}")
    return "\n\n".join(parts)


def closings() -> str:
    """Return how the service ends a stream."""
    rows = [
        (TRY_AGAIN_LATER, "too slow: come back with the cursor"),
        (POLICY_VIOLATION, "something was said that is no cursor, or not at the start"),
        (SIGNED_OUT, "the token or login holds no longer"),
    ]
    told = table(("code", "why"), rows)
    return f"A ticket opens one stream within {number(HOLDS_S)} s.\n\n{told}"


def logged_commands() -> str:
    """Return the commands that the log names."""
    kinds = (Begin, *get_args(Command))
    rows = [(code(kind.__name__.lower()), summary(kind.__doc__)) for kind in kinds]
    rows.append((code(LIMITS_ASKED), "A limit was changed, or asked to be."))
    rows.append((code(FORGET), "Entries were erased; in the log's own chain, `#log`."))
    rows += [(code(deed), "In the log's own chain, `#log`.") for deed in Deed]
    return table(("`command`", "meaning"), rows)


def alarms() -> str:
    """Return every kind of alarm."""
    rows = [
        (kind, rule.priority, RAISED_WHEN[kind], *_times(rule), ", ".join(_traits(rule)))
        for kind, rule in DEFAULT_POLICY.kinds.items()
    ]
    head = ("kind", "priority", "raised when", "on-delay", "off-delay", "void ack after")
    return table((*head, "rises", ""), rows)


def _times(rule: KindRule) -> tuple[str, ...]:
    rise = rule.rise
    return (
        *map(_seconds, (rule.on_delay_s, rule.off_delay_s, rule.ack_timeout_s)),
        "" if rise is None else f"{rise.to} after {_seconds(rise.after_s)}",
    )


def _traits(rule: KindRule) -> list[str]:
    said = {
        "latched": rule.latched,
        "needs a finding": rule.needs_disposition,
        "never put aside": not rule.shelvable,
        "starts the wake protocol": rule.starts_wake,
        "a person's word ends it": rule.person_clears,
        "everybody is told at once": rule.first_level > 0,
        f"kept back by {rule.inhibited_by}": rule.inhibited_by,
    }
    return [text for text, holds in said.items() if holds]


def escalation() -> str:
    """Return who is told when, and for how long alarms may be put aside."""
    rows = [
        (priority, *map(_seconds, each.steps_s), _seconds(each.again_s))
        for priority, each in DEFAULT_POLICY.escalation.items()
    ]
    pauses = (f"{p} {_seconds(s)}" for p, s in DEFAULT_POLICY.max_pause_s.items())
    return (
        table(("priority", "technician", "second person", "everybody", "again every"), rows)
        + f"\n\nPut aside for at most {_seconds(DEFAULT_POLICY.max_shelf_s)}, high priority never;"
        f" silenced for at most: {', '.join(pauses)}."
    )


def waking() -> str:
    """Return the numbers of the wake protocol, and of what is looked for in the EEG."""
    adult, child = (_plain(DEFAULT_POLICY.wake[profile]) for profile in ("adult", "child"))
    rows = [(code(name), adult[name], child[name]) for name in adult]
    found = [(code(name), value) for name, value in _plain(DEFAULT_POLICY.eeg).items()]
    return (
        table(("`wake`", "adult", "child"), rows)
        + f"\n\nNo cue is louder than {MAX_LEVEL_DBA} dBA, whatever a policy says.\n\n"
        + table(("`eeg`", "value"), found)
    )


def _plain(rule: Any) -> dict[str, str]:
    return {name: _list(getattr(rule, name)) for name in rule.__dataclass_fields__}


def _list(value: object) -> str:
    if isinstance(value, tuple | frozenset):
        return ", ".join(map(number, value if isinstance(value, tuple) else sorted(value))) or "–"
    return number(value)


def limits() -> str:
    """Return every limit of dream use, what depends on the age, and what may be asked."""
    rows = [
        (
            code(name),
            f"{spec.text}{', at least' if spec.least else ''}",
            number(spec.default.soft),
            number(spec.default.hard),
            "–".join(map(number, spec.allowed)) if spec.settable else "fixed",
            spec.unit,
        )
        for name, spec in LIMITS.items()
    ]
    head = ("limit", "of", "soft", "hard", "range", "unit")
    return f"{table(head, rows)}\n\n{_ages()}\n\n{_asked()}"


def _ages() -> str:
    rows = []
    for norms in NORMS:
        held = default_limits(min(norms.oldest, 100) - 1)
        pairs = (held[name] for name in ("sleep_24h_min", "hours_7d", "planned_min"))
        shown = (" / ".join(map(number, (b.soft, b.hard))) for b in pairs)
        rows.append((norms.group, *shown))
    return table(("age", "`sleep_24h_min`", "`hours_7d`", "`planned_min`"), rows)


def _asked() -> str:
    low, high = map(number, COOL_OFF_H)
    days = ", ".join(map(str, TIME_OUT_DAYS))
    return (
        f"What is stricter holds at once; what is laxer waits {low} to {high} h and for a second "
        f"confirmation. A time-out lasts {days} days, a self-exclusion {EXCLUSION_DAYS[0]} to "
        f"{EXCLUSION_DAYS[1]} days, an override at most {number(OVERRIDE_H)} h."
    )


def webhook() -> str:
    """Return what the webhook sends, as it sends it."""
    headers, body = delivered("not_watched")
    rows = [(code(name), _WHAT[name]) for name in headers]
    told = ", ".join(code(name) for name in json.loads(body))
    return (
        f"{table(('header', 'is'), rows)}\n\nThe body is an [`alarm`](#message-alarm) message as "
        "the stream sends it, or the word that nobody watches a dreamer, of type `not_watched`, "
        f"with the fields {told}; its `data` hold a `reason`."
    )


_WHAT = {
    "Content-Type": "`application/json`",
    "Dreamwatch-Event": "the same for every repetition of one message",
    "Dreamwatch-Timestamp": "when it was sent, in seconds of Unix time",
    "Dreamwatch-Signature": "`sha256=` and the HMAC-SHA256, by `webhook_secret`, of timestamp, "
    "full stop and body, in hexadecimal digits",
}


SECRET = "0123456789abcdef"  # noqa: S105


def delivered(event: str) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a message that a real webhook has sent."""
    sent: list[tuple[dict[str, str], bytes]] = []
    hook = Webhook("https://example.org", SECRET, lambda _, body, head: sent.append((head, body)))
    hook.put("bed-7", event, not_watched("bed-7", "2026-01-01T02:15:00.000Z", "no source"))
    while not sent:
        pass
    hook.close()
    return sent[0]


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    return f"{number(seconds)} s" if seconds < 120 else f"{number(seconds / 60)} min"
