"""Secrets that somebody holds and we do not: of each only its hash is kept.

``dreamwatch_7_Zk3…`` says which row of the table it is, so that one comparison is enough, and it
takes the same time whatever differs. 256 random bits need no slow hash.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Self

N_BYTES = 32
_MAX_TEXT = 128
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """What somebody shows: the number of its row, and what only they know."""

    number: int
    word: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a token or a cookie; None when it is neither."""
        head, _, rest = text.partition("_")
        number, _, word = rest.partition("_")
        fits = head == "dreamwatch" and word.isascii() and len(text) <= _MAX_TEXT
        if not (fits and number.isascii() and number.isdecimal() and len(number) <= _MAX_DIGITS):
            return None
        return cls(int(number), word)

    def __str__(self) -> str:
        return f"dreamwatch_{self.number}_{self.word}"

    def matches(self, hashed: str) -> bool:
        """Whether this is what a hash was made of; takes as long whether or not."""
        return hmac.compare_digest(hash_of(self.word), hashed)

    def proof(self, purpose: str) -> str:
        """Return what only who knows the secret, or was told, can say."""
        return hmac.digest(self.word.encode(), purpose.encode(), "sha256").hex()


def new_word() -> str:
    """Return a new secret from the system's source of randomness."""
    return token_urlsafe(N_BYTES)


def hash_of(word: str) -> str:
    """Return what is kept of a secret."""
    return sha256(word.encode()).hexdigest()
