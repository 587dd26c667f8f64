"""Detectors of what the EEG itself shows; see `monitor.alarm.conditions`."""

from collections.abc import Iterator

from monitor.alarm.conditions import Condition, Known
from monitor.alarm.rules import AlarmKind

SUPPRESSION, LOW_AMPLITUDE = "suppression", "low amplitude"
ONE_STAGE, NO_REM_OR_WAKE = "one stage", "no REM or wake"
"""What is abnormal is the source of an EEG_ABNORMAL: each finding has a life of its own."""


def eeg_suppressed(known: Known) -> Iterator[Condition]:
    """See an EEG that is silent most of the time, as in coma, cold or deep anaesthesia."""
    spell = known.eeg.suppressed
    yield Condition(
        AlarmKind.EEG_SUPPRESSED,
        "",
        spell.present if _heard(known) else None,
        spell.since,
        "the EEG is suppressed",
        _percent(known.eeg.suppression),
        _percent(known.policy.eeg.suppressed),
        "%",
    )


def eeg_abnormal(known: Known) -> Iterator[Condition]:
    """See an EEG that is partly silent or small, or sleep that stays in one stage, or deep."""
    yield from _signal_findings(known)
    yield from _stage_findings(known)


def _signal_findings(known: Known) -> Iterator[Condition]:
    eeg, rule, heard = known.eeg, known.policy.eeg, _heard(known)
    yield Condition(
        AlarmKind.EEG_ABNORMAL,
        SUPPRESSION,
        eeg.partly.present if heard else None,
        eeg.partly.since,
        "the EEG is suppressed in part",
        _percent(eeg.suppression),
        _percent(rule.partly_suppressed),
        "%",
    )
    yield Condition(
        AlarmKind.EEG_ABNORMAL,
        LOW_AMPLITUDE,
        eeg.low.present if heard else None,
        eeg.low.since,
        "the EEG is very small",
        eeg.swing_uv,
        rule.low_uv,
        "µV",
    )


def _stage_findings(known: Known) -> Iterator[Condition]:
    stages, rule = known.stages, known.policy.eeg
    verdict = None if known.ended else stages.too_long(rule)
    same, deep = (None, None) if verdict is None else verdict
    findings = (
        (ONE_STAGE, same, stages.same, rule.one_stage_s, f"hardly anything but {stages.stage}"),
        (NO_REM_OR_WAKE, deep, stages.deep, rule.deep_s, "hardly anything but N2 and N3"),
    )
    for source, present, stretch, limit_s, text in findings:
        yield Condition(
            AlarmKind.EEG_ABNORMAL,
            source,
            present,
            stretch.since,
            text,
            stretch.scored_s / 60,
            limit_s / 60,
            "min",
        )


def _heard(known: Known) -> bool:
    """Whether the seconds of signal speak of now."""
    return not known.ended and known.contacts.is_current(known.at)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
