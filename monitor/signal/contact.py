"""What the artefacts of a second say about its electrode."""

import numpy as np
from numpy.typing import NDArray

from monitor.domain.contact import Contact
from monitor.domain.quality import Artefact

_STATES = {
    Artefact.MISSING: Contact.MISSING,
    Artefact.RAILED: Contact.RAILED,
    Artefact.FLAT: Contact.FLAT,
    Artefact.NOISE: Contact.NOISE,
    Artefact.DISCONNECTED: Contact.DISCONNECTED,
}
_FLAGS = np.arange(2 * max(Artefact))
_TABLE = np.select(
    [(_FLAGS & int(artefact)) != 0 for artefact in _STATES],
    list(_STATES.values()),
    default=Contact.GOOD,
).astype(np.int8)
"""The contact for each set of flags."""


def contact_of(artefacts: NDArray[np.uint16]) -> NDArray[np.int8]:
    """Return a `Contact` value for each second and channel, as they come from the raw signal."""
    return np.asarray(_TABLE[artefacts])
