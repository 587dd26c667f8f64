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


def contact_of(artefacts: NDArray[np.uint16]) -> NDArray[np.int8]:
    """Return a `Contact` value for each second and channel, as they come from the raw signal."""
    found = [(artefacts & int(artefact)) != 0 for artefact in _STATES]
    return np.select(found, list(_STATES.values()), default=Contact.GOOD).astype(np.int8)
