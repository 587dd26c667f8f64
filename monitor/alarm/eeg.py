"""What the EEG itself shows that alarms ask about, and since when: silence, smallness, one stage.

Not knowing is kept apart from knowing that it is not so. A spell of a condition goes on through
seconds of which nothing is known, for nothing says that it has ended; a spell without it does not.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.alarm.rules import EegRule
from monitor.alarm.runs import Run, Stretch, lengthened, longest
from monitor.domain.contact import SWING_S, Activity, Second
from monitor.domain.stage import STAGES, Stage

_UNKNOWN, _NO, _PARTLY, _MOSTLY = -1, 0, 1, 2
_LOW = 1
_DEEP = (Stage.N2, Stage.N3)

STRAY = 0.05
"""Share of other stages that a stretch of one stage, or of N2 and N3, may hold [own choice]."""

_SHARE = {Stage.W: 1.0}


def grade(activity: Activity, rule: EegRule) -> NDArray[np.int8]:
    """Grade seconds by the limits; nothing else of `Activity` decides whether a condition is there.

    Returns
    -------
    ndarray of int8, shape (n_seconds, 2)
        How suppressed (0 not, 1 partly, 2 mostly) and how small (0 not, 1 is); -1: not known.
    """
    grades = _suppressed(activity.suppression, rule), _low(activity.swing_uv, rule)
    return np.stack(grades, axis=1).astype(np.int8)


def _suppressed(ratio: Any, rule: EegRule) -> Any:
    """Grade one suppression ratio, or an array of them."""
    return 1 * (ratio >= rule.partly_suppressed) + (ratio >= rule.suppressed) - np.isnan(ratio)


def _low(swing_uv: Any, rule: EegRule) -> Any:
    """Grade one median swing, or an array of them."""
    return 1 * (swing_uv < rule.low_uv) - np.isnan(swing_uv)


@dataclass(frozen=True, slots=True)
class Spell:
    """Whether something is so, None where it is not known, and since when.

    Parameters
    ----------
    present : bool or None
    was : bool or None
        What was last known of it.
    since : float
        Since when, in Unix s.
    """

    present: bool | None = None
    was: bool | None = None
    since: float = 0.0

    def then(self, present: bool | None, at: float) -> "Spell":
        """Go on with what is so from `at` on."""
        if present is None:
            return replace(self, present=None)
        goes_on = present == self.was and (present or self.present is not None)
        return replace(self, present=present) if goes_on else Spell(present, present, at)


class EegWatch:
    """What the seconds of signal so far say about the EEG.

    Attributes
    ----------
    suppressed, partly, low : Spell
        Mostly suppressed; partly; of low amplitude. While it is mostly suppressed, nothing is said
        of partly: that is told already, and a ratio that wavers between the two must not end both.
    """

    def __init__(self) -> None:
        self.suppressed, self.partly, self.low = Spell(), Spell(), Spell()
        self.suppression: float | None = None
        self.swing_uv: float | None = None
        self._grades = [_UNKNOWN, _UNKNOWN]

    def is_same(self, second: Second, rule: EegRule) -> bool:
        """Whether a second's grades are those of the last."""
        return _grades(second, rule) == self._grades

    def measure(self, second: Second) -> None:
        """Note what was measured, which by itself changes no condition."""
        self.suppression, self.swing_uv = _measured(second.suppression), _measured(second.swing_uv)

    def push(self, second: Second, rule: EegRule, begin: float, *, unseen: bool) -> None:
        """Take the second that begins at `begin`; `unseen`: those right before it never came."""
        if unseen:
            self._grade([_UNKNOWN, _UNKNOWN], begin)
        self._grade(_grades(second, rule), begin)
        self.measure(second)

    def _grade(self, grades: list[int], begin: float) -> None:
        self._grades, (suppressed, low) = grades, grades
        mostly, partly = suppressed == _MOSTLY, suppressed == _PARTLY
        unknown = suppressed == _UNKNOWN
        self.suppressed = self.suppressed.then(None if unknown else mostly, begin)
        self.partly = self.partly.then(None if unknown or mostly else partly, begin)
        looked_back_s = SWING_S if low == _LOW else 0
        self.low = self.low.then(None if low == _UNKNOWN else low == _LOW, begin - looked_back_s)

    def snapshot(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "suppression": self.suppression,
            "swing_uv": self.swing_uv,
            "grades": list(self._grades),
            **{name: asdict(getattr(self, name)) for name in _SPELLS},
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take a `snapshot`."""
        self.suppression, self.swing_uv = saved["suppression"], saved["swing_uv"]
        self._grades = [int(value) for value in saved["grades"]]
        for name in _SPELLS:
            setattr(self, name, Spell(**saved[name]))


_SPELLS = ("suppressed", "partly", "low")


def _grades(second: Second, rule: EegRule) -> list[int]:
    return [int(_suppressed(second.suppression, rule)), int(_low(second.swing_uv, rule))]


def _measured(value: float) -> float | None:
    return None if math.isnan(value) else value


@dataclass(frozen=True, slots=True)
class Stages:
    """How long the dreamer has been in one stage, and in hardly anything but N2 and N3.

    A stager is wrong now and then, and one wrong epoch must not hide two hours: a stretch may hold
    `STRAY` epochs of other stages, wherever they lie. On 1,722 h of real nights (119 of Sleep-EDF
    by their scorer and by this stager, 50 of the Dreem Open Datasets by five scorers) that raises,
    per 24 h, 0.1 (Sleep-EDF) to 0.4 findings (Dreem, half of them with apnoea; most are of N2 and
    N3), and of 86 long ones planted in simulated nights 59 are found. With none to spare it would
    be 0 and 15; with a tenth, 0.3 to 0.7 and 69.

    Wake has none to spare: of lying awake for so long the same nights already have 0.7 to 0.9 in
    24 h, the stager is least wrong there, and alpha coma has a rule in the wake protocol as well.

    An unscored epoch neither adds to a stretch nor breaks it: that the stage went on is not known,
    that it did not is not known either, and the dreamer is no better for a bad electrode.

    Parameters
    ----------
    runs : tuple of Run
        What has been scored in the last `MEMORY_EPOCHS` scored epochs and some; a limit of the
        policy beyond is never reached.
    known : bool
        Whether the last epoch was scored.
    stage : Stage
        Of which the longest stretch is.
    same, deep : Stretch
        Of that stage; of N2 and N3.
    """

    runs: tuple[Run, ...] = ()
    known: bool = False
    stage: Stage = Stage.UNSCORED
    same: Stretch = field(default_factory=Stretch)
    deep: Stretch = field(default_factory=Stretch)

    def after(self, stage: Stage, onset: float) -> "Stages":
        """Take one more epoch in."""
        if stage is Stage.UNSCORED:
            return replace(self, known=False)
        runs = lengthened(self.runs, stage, onset)
        each = {of: longest(runs, (of,), _SHARE.get(of, 1 - STRAY)) for of in STAGES}
        most = max(STAGES, key=lambda of: each[of].scored_s)
        return Stages(runs, True, most, each[most], longest(runs, _DEEP, 1 - STRAY))

    def too_long(self, rule: EegRule) -> tuple[bool, bool] | None:
        """Whether one stage, and N2 and N3, have lasted too long; None: not known now."""
        if not self.known:
            return None
        return self.same.scored_s >= rule.one_stage_s, self.deep.scored_s >= rule.deep_s

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> "Stages":
        """Make one from its fields as JSON values."""
        stretches = {name: Stretch(**saved[name]) for name in ("same", "deep")}
        runs = tuple(Run(Stage(r["stage"]), r["since"], r["epochs"]) for r in saved["runs"])
        return cls(runs, bool(saved["known"]), Stage(saved["stage"]), **stretches)
