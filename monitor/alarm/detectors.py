"""Every detector: a new kind adds its own here."""

from collections.abc import Callable, Iterator

from monitor.alarm import conditions, eeg_conditions, overuse_conditions
from monitor.alarm.conditions import Condition, Known

DETECTORS: tuple[Callable[[Known], Iterator[Condition]], ...] = (
    conditions.signal_lost,
    conditions.pipeline_fault,
    conditions.unattended,
    conditions.electrode_off,
    conditions.overrun,
    conditions.hard_to_wake,
    conditions.unresponsive,
    eeg_conditions.eeg_suppressed,
    eeg_conditions.eeg_abnormal,
    overuse_conditions.overuse_soft,
    overuse_conditions.overuse_hard,
)
