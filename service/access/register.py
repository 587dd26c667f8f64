"""Who may come in now: the tables of tokens and logins as they were a moment ago, in memory.

No request waits for the database. What another process creates or revokes holds here as soon as
`Register.refresh` has been called again, which the service does every `PERIOD_S`.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from service.access.roles import ANONYMOUS, Person
from service.access.secret import Secret
from service.access.tokens import Login, Token, read_logins, read_tokens
from service.database import explained, make_folder, open_reader, open_writer

PERIOD_S = 2.0
CSRF = "csrf"


@dataclass(frozen=True, slots=True)
class Badge:
    """Who asks, and by what they are known.

    Parameters
    ----------
    person : Person
        Who it is.
    token, login : int or None
        Numbers of their token, and of the login in their browser.
    csrf : str or None
        What their browser's requests must say besides, for it adds the cookie to those of others.
    """

    person: Person
    token: int | None = None
    login: int | None = None
    csrf: str | None = None


STRANGER = Badge(ANONYMOUS)
"""Whoever may come in without a token where others have one."""
NOBODY = Badge(replace(ANONYMOUS, chooses=True))
"""Whoever comes in where nobody has ever had a token."""


class Register:
    """The tokens and logins of a data directory.

    Parameters
    ----------
    data_dir : Path
        Made, with its tables, when missing.

    Raises
    ------
    StoreError
        When it cannot be used.
    """

    def __init__(self, data_dir: Path) -> None:
        make_folder(data_dir)
        open_writer(data_dir).dispose()
        self._reader = open_reader(data_dir)
        self._refreshing = Lock()
        self._tokens: dict[int, Token] = {}
        self._logins: dict[int, Login] = {}

    def close(self) -> None:
        """Close the database."""
        self._reader.dispose()

    def refresh(self, now: float) -> None:
        """Read both tables; times are seconds of Unix time.

        Raises
        ------
        StoreError
            When they cannot be read; what was read before holds on.
        """
        with self._refreshing:  # or what was read first might stand in the end
            with explained(), self._reader.begin() as connection:
                tokens, logins = read_tokens(connection), read_logins(connection, now)
            self._tokens = {token.number: token for token in tokens}
            self._logins = {login.number: login for login in logins}

    @property
    def is_empty(self) -> bool:
        """Whether there was never any token: expired and revoked ones count."""
        return not self._tokens

    def by_token(self, text: str, now: float) -> Badge | None:
        """Return who shows a token; None when it is none that holds."""
        secret = Secret.parse(text)
        token = self._holding(secret.number, now) if secret else None
        if secret is None or token is None or not secret.matches(token.hash):
            return None
        return Badge(token.person, token.number)

    def by_login(self, cookie: str, now: float) -> Badge | None:
        """Return whose browser shows a cookie; None when it is none that holds."""
        secret = Secret.parse(cookie)
        login = self._logins.get(secret.number) if secret else None
        if secret is None or login is None or not secret.matches(login.hash):
            return None
        token = self._holding(login.token, now)
        if token is None or now >= login.expires_at:
            return None
        return Badge(token.person, token.number, login.number, secret.proof(CSRF))

    def holds(self, badge: Badge, now: float) -> bool:
        """Whether somebody who once showed a token or a cookie may stay."""
        token = None if badge.token is None else self._holding(badge.token, now)
        if token is None or token.person != badge.person:
            return False
        login = None if badge.login is None else self._logins.get(badge.login)
        return badge.login is None or (login is not None and now < login.expires_at)

    def _holding(self, number: int, now: float) -> Token | None:
        token = self._tokens.get(number)
        return token if token is not None and token.holds(now) else None
