"""The hash chains of the log: what an entry's hash covers, and how a broken chain is found.

Each dreamer has a chain. What an entry says (time, session, alarm, data) goes into a salted
**digest**; its **hash** covers the digest, its place in the log, its number, id and type, and its
predecessor's hash. The first predecessor is the salted digest of the dreamer's name. So what is
said, and who it was about, can be erased together with its salt, after which nobody can find it
out by trying, and the chain can still be verified. The place in the log ties the chains together:
an entry cannot go without leaving a hole, but for those at the very end.

Nothing here is secret. The chain shows corruption and edits by whoever does not recompute all that
follows; who does, or who cuts off the end of the log, is found out only by a head noted elsewhere.
It is no signature.
"""

import json
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import Any


def digest(salt: str, *said: Any) -> str:
    """Return the salted SHA-256 of values that may be erased later, as hexadecimal digits."""
    return _sha256(salt, *said)


@dataclass(frozen=True, slots=True)
class Link:
    """What of an entry is never erased, but for its hash.

    Parameters
    ----------
    position : int
        Place in the log, gap-free from 1.
    chain : int
        Number of the chain.
    seq : int
        Number in the chain, gap-free from 1.
    digest : str
        Of what it says, see `digest`.
    previous : str
        Hash of its predecessor in the chain, or the digest of the dreamer's name.
    """

    position: int
    chain: int
    seq: int
    event_id: str
    type: str
    digest: str
    previous: str

    @property
    def hash(self) -> str:
        """SHA-256 over all fields, as hexadecimal digits."""
        return _sha256(*astuple(self))


@dataclass(slots=True)
class Chain:
    """Verifies one chain, link by link.

    Parameters
    ----------
    head : str
        The digest of the dreamer's name, then the hash of the last link that fitted.
    seq : int
        Number of that link.
    """

    head: str
    seq: int = 0

    def push(self, link: Link, noted: object) -> str | None:
        """Take the next link with the hash that stands beside it; return what does not fit."""
        if link.seq != self.seq + 1:
            return f"number {link.seq} follows number {self.seq}"
        if link.previous != self.head:
            return "the hash of its predecessor is another"
        if link.hash != noted:
            return "its hash does not fit its fields"
        self.seq, self.head = link.seq, link.hash
        return None


def _sha256(*values: Any) -> str:
    """Hash values as a JSON array, in which no two lists of texts, numbers and nulls are alike.

    A value of any other type, which only a damaged file holds, is written as no text of ours is.
    """
    return sha256(json.dumps(values, separators=(",", ":"), default=repr).encode()).hexdigest()
