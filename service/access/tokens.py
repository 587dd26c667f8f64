"""Tokens and logins as the database keeps them: of each only the hash of its secret.

Every function may be called beside a running service, which takes note within `register.PERIOD_S`.
A token's name is never given again, not even after it is revoked: the log goes by it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    Table,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from monitor.sources.spec import check_dreamer
from service.access.journal import Deed, note, writing
from service.access.roles import ANONYMOUS, SCOPED, Person, Role
from service.access.secret import Secret, hash_of, new_word
from service.database import explained, open_existing
from service.errors import ServiceError
from service.log import chain_of
from service.schema import logins, tokens

DAY_S = 86_400.0
MAX_DAYS = 3_650.0
MAX_NAME = 64
_NAMELESS = "#"
"""How the name begins of a token that was forgotten with its dreamer; its number follows."""
LOGINS_EACH = 20
"""Most browsers signed in with one token; one more signs the first out."""


@dataclass(frozen=True, slots=True)
class Token:
    """A row of the table; times in seconds of Unix time."""

    number: int
    name: str
    hash: str
    role: str
    dreamer: str | None
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    @property
    def person(self) -> Person:
        """Who holds it."""
        return Person(self.name, Role(self.role), self.dreamer)

    def holds(self, now: float) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def state(self, now: float) -> str:
        """Say how it is now: ``holds``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "holds" if self.holds(now) else "expired"


@dataclass(frozen=True, slots=True)
class Login:
    """A row of the table of logins."""

    number: int
    token: int
    hash: str
    expires_at: float


def create_token(
    data_dir: Path, person: Person, actor: str, now: float, days: float | None = None
) -> Secret:
    """Make a token and write down that it was made; this is the only time its secret is seen.

    Parameters
    ----------
    person : Person
        Who shall hold it: 1 to 64 printable characters of name, role, and for a dreamer or a
        guardian whom alone they may see.
    actor : str
        Who makes it.
    now : float
        Seconds of Unix time.
    days : float or None
        For how long it holds, at most `MAX_DAYS`; None: until it is revoked.

    Raises
    ------
    ServiceError
        When the name is taken, or the role and the dreamer do not fit.
    StoreError
        When the data directory cannot be used.
    """
    _check(person, days)
    word = new_word()
    with writing(data_dir) as connection:
        if connection.scalar(select(tokens.c.number).where(tokens.c.name == person.name)):
            raise ServiceError(f"there is, or was, a token called {person.name!r}")
        until = None if days is None else now + days * DAY_S
        values = {
            "name": person.name,
            "hash": hash_of(word),
            "role": person.role,
            "dreamer": person.dreamer,
            "created_at": now,
            "expires_at": until,
        }
        number = _add(connection, tokens, values)
        chain = None if person.dreamer is None else chain_of(connection, person.dreamer)
        detail = {"role": person.role, "chain": chain, "days": days}
        note(connection, Deed.CREATED, actor, now, **_called(connection, number), **detail)
    return Secret(number, word)


def _check(person: Person, days: float | None) -> None:
    if not (1 <= len(person.name) <= MAX_NAME and person.name.isprintable()):
        raise ServiceError(f"a name has 1 to {MAX_NAME} printable characters, not {person.name!r}")
    if person.name.startswith(_NAMELESS):
        raise ServiceError(f"a name does not begin with {_NAMELESS}, as {person.name!r} does")
    if person.name == ANONYMOUS.name:
        raise ServiceError(f"{ANONYMOUS.name!r} is who has no token")
    if (person.role in SCOPED) != (person.dreamer is not None):
        needs = "needs" if person.role in SCOPED else "has no"
        raise ServiceError(f"the role {person.role} {needs} --dreamer")
    if person.dreamer is not None:
        check_dreamer(person.dreamer)
    if days is not None and not 0 < days <= MAX_DAYS:
        raise ServiceError(f"a token holds for more than 0 and at most {MAX_DAYS:g} days: {days:g}")


def revoke_token(data_dir: Path, name: str, actor: str, now: float) -> None:
    """Let a token hold no longer, nor any login made with it.

    Raises
    ------
    ServiceError
        When there is none of that name, or it was revoked before.
    """
    with writing(data_dir) as connection:
        chosen = tokens.c.name == name
        done = update(tokens).where(chosen, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
        if connection.execute(done).rowcount == 0:
            raise ServiceError(f"there is no token called {name!r} that holds")
        number = connection.execute(select(tokens.c.number).where(chosen)).scalar_one()
        connection.execute(delete(logins).where(logins.c.token == number))
        note(connection, Deed.REVOKED, actor, now, **_called(connection, number))


def list_tokens(data_dir: Path) -> list[Token]:
    """Return what `read_tokens` does, beside a running service or without one.

    Raises
    ------
    StoreError
        When there is no log, or it cannot be read.
    """
    engine = open_existing(data_dir)
    try:
        with explained(), engine.begin() as connection:
            return read_tokens(connection)
    finally:
        engine.dispose()


def read_tokens(connection: Connection) -> list[Token]:
    """Return all tokens there ever were, in the order in which they were made."""
    columns = (tokens.c[name] for name in Token.__slots__)
    rows = connection.execute(select(*columns).order_by(tokens.c.number))
    return [Token(*row) for row in rows]


def read_logins(connection: Connection, now: float) -> list[Login]:
    """Return the logins that hold."""
    columns = (logins.c[name] for name in Login.__slots__)
    return [Login(*row) for row in connection.execute(select(*columns)) if row.expires_at > now]


def log_in(data_dir: Path, token: int, now: float, until: float) -> Secret:
    """Remember a browser in which somebody has signed in; forget those that are over."""
    word = new_word()
    with writing(data_dir) as connection:
        values = {"token": token, "hash": hash_of(word), "expires_at": until}
        number = _add(connection, logins, values)
        newest = (
            select(logins.c.number)
            .where(logins.c.token == token)
            .order_by(logins.c.number.desc())
            .limit(LOGINS_EACH)
        )
        surplus = (logins.c.token == token) & logins.c.number.not_in(newest)
        connection.execute(delete(logins).where(surplus | (logins.c.expires_at <= now)))
        _note(connection, Deed.LOGGED_IN, token, now)
    return Secret(number, word)


def log_out(data_dir: Path, number: int, now: float) -> None:
    """Forget a login."""
    gone = delete(logins).where(logins.c.number == number).returning(logins.c.token)
    with writing(data_dir) as connection:
        token = connection.scalar(gone)
        if token is not None:
            _note(connection, Deed.LOGGED_OUT, token, now)


def forget_tokens(connection: Connection, dreamer: str, now: float) -> None:
    """Revoke the tokens of a dreamer who is forgotten, and erase who it was, and who held them."""
    theirs = tokens.c.dreamer == dreamer
    numbers = select(tokens.c.number).where(theirs)
    connection.execute(delete(logins).where(logins.c.token.in_(numbers)))
    gone = {
        "name": literal(_NAMELESS) + cast(tokens.c.number, String),
        "dreamer": "",
        "revoked_at": func.coalesce(tokens.c.revoked_at, now),
    }
    connection.execute(update(tokens).where(theirs).values(gone))


def _note(connection: Connection, deed: Deed, token: int, now: float) -> None:
    """Write down what the holder of a token did."""
    called = _called(connection, token)
    note(connection, deed, called["name"] or f"{_NAMELESS}{token}", now, token=token)


def _called(connection: Connection, token: int) -> dict[str, Any]:
    """Return what may be said of a token for good: no name that could tell who the dreamer is."""
    query = select(tokens.c.name, tokens.c.role).where(tokens.c.number == token)
    name, role = connection.execute(query).one()
    return {"name": None if role in SCOPED else name, "token": token}


def _add(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    """Insert a row and return its number."""
    number: int = connection.execute(
        insert(table).values(values).returning(table.c.number)
    ).scalar_one()
    return number
