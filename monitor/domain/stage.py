"""Sleep stages of the AASM manual and the word for not knowing."""

from enum import StrEnum

EPOCH_S = 30
"""Length of a scored epoch in seconds (AASM manual)."""


class Stage(StrEnum):
    """An AASM sleep stage, or ``UNSCORED`` where the signal does not allow one."""

    W = "W"
    N1 = "N1"
    N2 = "N2"
    N3 = "N3"
    R = "R"
    UNSCORED = "UNSCORED"

    @property
    def is_sleep(self) -> bool:
        """Whether this is a sleep stage; False for W and for ``UNSCORED``."""
        return self not in (Stage.W, Stage.UNSCORED)


STAGES = (Stage.W, Stage.N1, Stage.N2, Stage.N3, Stage.R)
"""The five stages in the order of every probability vector in this project."""
