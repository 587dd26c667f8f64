"""Detectors: what is known -> which conditions are there. Pure functions, one a kind.

``present`` is True, False, or None where nothing can be known: missing data never makes a condition
false. The delays are not applied here but in the state table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.alarm.contacts import Contacts
from monitor.alarm.eeg import EegWatch, Stages
from monitor.alarm.faults import ATTENDANCE, GRAVE_PARTS, Fault
from monitor.alarm.overuse import Finding
from monitor.alarm.plan import Plan
from monitor.alarm.rules import AlarmKind, Policy, WakeRule
from monitor.alarm.wake_steps import WakeState
from monitor.domain.events import Priority
from monitor.domain.montage import ChannelKind


@dataclass(frozen=True, slots=True)
class Known:
    """All that detectors look at.

    Parameters
    ----------
    at : float
        Now, in Unix s.
    contacts : Contacts
        What the signal says of the electrodes.
    eeg : EegWatch
        What it says of the EEG.
    stages : Stages
        How long the dreamer has been in which stage.
    faults : mapping of str to Fault
        The parts of the program that have ever had trouble.
    overuse : mapping of str to Finding
        The limits of dream use that have ever been broken.
    ended : bool
        The source has ended: signal and plan say nothing any more.
    signal_lost : bool
        A SIGNAL_LOST alarm is open.
    grave : bool
        A wake protocol runs or a physiological alarm is open.
    plan : Plan
    wake : WakeState
    wake_rule : WakeRule
    policy : Policy
    """

    at: float
    contacts: Contacts
    eeg: EegWatch
    stages: Stages
    faults: Mapping[str, Fault]
    overuse: Mapping[str, Finding]
    ended: bool
    signal_lost: bool
    grave: bool
    plan: Plan
    wake: WakeState
    wake_rule: WakeRule
    policy: Policy


@dataclass(frozen=True, slots=True)
class Condition:
    """One detector's word about one source.

    Parameters
    ----------
    kind : AlarmKind
    source : str
        The channel, or empty.
    present : bool or None
    since : float
        Since when `present` has had this value, in Unix s.
    text : str
        The finding in a few words.
    value, limit, unit : float or None, float or None, str
        What was measured against what.
    priority : Priority or None
        When it differs from the kind's own.
    """

    kind: AlarmKind
    source: str
    present: bool | None
    since: float
    text: str = ""
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    priority: Priority | None = None


def signal_lost(known: Known) -> Iterator[Condition]:
    """See that no EEG channel delivers a valid sample; graver while the dreamer is being woken."""
    contacts, rule = known.contacts, known.policy.kinds[AlarmKind.SIGNAL_LOST]
    lost = known.at >= contacts.lost_at
    unknown = known.ended or (contacts.valid_since is None and not lost)
    since = contacts.valid_since
    yield Condition(
        AlarmKind.SIGNAL_LOST,
        "",
        None if unknown else lost,
        contacts.valid_until if lost or since is None else since,
        "no valid sample from any EEG channel",
        known.at - contacts.valid_until,
        rule.on_delay_s,
        "s",
        Priority.HIGH if known.grave else None,
    )


def pipeline_fault(known: Known) -> Iterator[Condition]:
    """See a part of the program that does not do its work."""
    for part, fault in known.faults.items():
        if part == ATTENDANCE:
            continue
        yield Condition(
            AlarmKind.PIPELINE_FAULT,
            part,
            bool(fault.trouble),
            fault.since,
            f"{part}: {fault.trouble}" if fault.trouble else f"{part} works again",
            known.at - fault.since,
            known.policy.kinds[AlarmKind.PIPELINE_FAULT].on_delay_s,
            "s",
            Priority.HIGH if part in GRAVE_PARTS else None,
        )


def unattended(known: Known) -> Iterator[Condition]:
    """See that nobody is there who may acknowledge, once anybody has told.

    After the end of the source it is no matter, unless the dreamer still needs somebody.
    """
    fault = known.faults.get(ATTENDANCE)
    if fault is None:
        return
    yield Condition(
        AlarmKind.UNATTENDED,
        "",
        bool(fault.trouble) if known.grave or not known.ended else None,
        fault.since,
        fault.trouble or "somebody is there",
        known.at - fault.since,
        known.policy.kinds[AlarmKind.UNATTENDED].on_delay_s,
        "s",
    )


def electrode_off(known: Known) -> Iterator[Condition]:
    """See a channel railed, flat, noise or disconnected; graver when every EEG channel is."""
    contacts = known.contacts
    rule = known.policy.kinds[AlarmKind.ELECTRODE_OFF]
    unknown = known.ended or known.signal_lost or not contacts.is_current(known.at)
    every_eeg = not unknown and _every_eeg_off(known, rule.on_delay_s)
    for i, channel in enumerate(contacts.montage.channels):
        off = contacts.off[i]
        yield Condition(
            AlarmKind.ELECTRODE_OFF,
            channel.name,
            None if unknown or not contacts.known[i] else off is not None,
            contacts.since[i],
            f"electrode {channel.name} is {'good' if off is None else off.name.lower()}",
            known.at - contacts.since[i],
            rule.on_delay_s,
            "s",
            Priority.MEDIUM if every_eeg and channel.kind is ChannelKind.EEG else None,
        )


def _every_eeg_off(known: Known, for_s: float) -> bool:
    contacts = known.contacts
    eeg = contacts.montage.picks(ChannelKind.EEG)
    held = (
        contacts.known[i] and contacts.off[i] and known.at - contacts.since[i] >= for_s for i in eeg
    )
    return bool(eeg) and all(held)


def overrun(known: Known) -> Iterator[Condition]:
    """See the planned end passed while the dreamer is not verified awake."""
    plan, rule = known.plan, known.policy.kinds[AlarmKind.OVERRUN]
    began = plan.overrun_since(known.at)
    since = plan.cleared_at if began is None else began
    yield Condition(
        AlarmKind.OVERRUN,
        "",
        None if known.ended and began is not None else began is not None,
        since,
        "past the planned end",
        (known.at - since) / 60,
        rule.on_delay_s / 60,
        "min",
    )


def hard_to_wake(known: Known) -> Iterator[Condition]:
    """See that some rounds of the wake protocol were not answered."""
    wake = known.wake
    yield Condition(
        AlarmKind.HARD_TO_WAKE,
        "",
        wake.hard_at is not None,
        wake.since if wake.hard_at is None else wake.hard_at,
        "hard to wake: go and look",
        float(wake.failed),
        float(known.wake_rule.hard_after),
        "rounds",
    )


def unresponsive(known: Known) -> Iterator[Condition]:
    """See that the wake protocol came to its end without an answer."""
    wake, response = known.wake, known.wake.response
    yield Condition(
        AlarmKind.UNRESPONSIVE,
        "",
        wake.unresponsive_at is not None,
        wake.since if wake.unresponsive_at is None else wake.unresponsive_at,
        "the dreamer does not respond" + (f"; after the last cue: {response}" if response else ""),
        float(wake.round),
        float(wake.enough),
        "cues",
    )
