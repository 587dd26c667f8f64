"""Which alarm belongs to what was planted. Everything that decides it lives in this file.

::

    An alarm raised ...                                                     counts as
    ----------------------------------------------------------------------  --------------------
    of the kind (and channel) that something must raise, from 1 s before    found
      its onset to its limit
    of that kind (and channel), or of one that `FOLLOWS` from it, from 1 s  following: neither
      before the onset to the tail after the end                              found nor false
    during something that must not alarm                                    false, and told apart
    at any other time                                                       false

Seconds are judged whole, so a second in which a fault begins may count from its start: hence 1 s.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from monitor.alarm.rules import AlarmKind
from service.validation.causes import OF_THE_ACCOUNT
from service.validation.records import CUE, Planted, Raised, Record

EARLY_S = 1.0

FOLLOWS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        AlarmKind.SIGNAL_LOST: frozenset({AlarmKind.ELECTRODE_OFF}),
        AlarmKind.EEG_SUPPRESSED: frozenset({AlarmKind.EEG_ABNORMAL, AlarmKind.ELECTRODE_OFF}),
        AlarmKind.EEG_ABNORMAL: frozenset({AlarmKind.ELECTRODE_OFF}),
        AlarmKind.UNRESPONSIVE: frozenset({AlarmKind.HARD_TO_WAKE}),
    }
)
"""Kinds that may come with a cause of another kind: lost signal hides electrodes; an EEG without
waves looks like an open input to the channels, and passes through being suppressed in part."""

TAIL_S = 30.0
"""How long after its end a fault may still be noticed: an open input is averaged over 22 s."""

EEG_TAIL_S = 130.0
"""The same for the EEG's own kinds: 63 s of looking back, 60 s of on-delay, and some."""

_LOOK_BACK = frozenset({AlarmKind.EEG_SUPPRESSED, AlarmKind.EEG_ABNORMAL})


def seconds_to_alarm(planted: Planted, raised: Iterable[Raised]) -> float | None:
    """Return how long the alarm took that something planted must raise; None when it is missing.

    Of several sources the last one counts.
    """
    window = (planted.onset - EARLY_S, planted.onset + planted.limit_s)
    fitting = [r for r in raised if r.kind == planted.kind and window[0] <= r.at <= window[1]]
    if not fitting or not {r.source for r in fitting}.issuperset(planted.sources):
        return None
    sources = planted.sources or (min(fitting, key=lambda r: r.at).source,)
    firsts = (min(r.at for r in fitting if r.source == source) for source in sources)
    return max(firsts) - planted.onset


def is_caused(raised: Raised, planted: Planted) -> bool:
    """Whether an alarm belongs to, or follows from, something that must or may alarm."""
    if raised.kind == planted.kind:
        fits = not planted.sources or raised.source in planted.sources
    else:
        fits = raised.kind in FOLLOWS.get(planted.kind, ())
    return planted.wanted is not False and fits and _in_time(raised, planted)


def is_provoked(raised: Raised, planted: Planted) -> bool:
    """Whether something that must not alarm did."""
    same = raised.kind == planted.kind
    return planted.wanted is False and same and _in_time(raised, planted)


def _in_time(raised: Raised, planted: Planted) -> bool:
    return planted.onset - EARLY_S <= raised.at <= planted.until + tail_s(planted)


def tail_s(planted: Planted) -> float:
    """How long after its end something planted may still be noticed, s."""
    return EEG_TAIL_S if planted.kind in _LOOK_BACK else TAIL_S


_NOT_ASKED = OF_THE_ACCOUNT | {CUE}


def false_alarms(record: Record) -> list[Raised]:
    """Return the alarms of a night that nothing planted explains."""
    return [
        raised
        for raised in record.raised
        if raised.kind not in _NOT_ASKED and not any(is_caused(raised, p) for p in record.planted)
    ]


def provoked(planted: Planted, raised: Sequence[Raised]) -> bool:
    """Whether something that must not alarm has."""
    return any(is_provoked(r, planted) for r in raised)
