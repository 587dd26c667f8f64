"""Who is let in: what a request shows, how often it may come, and what is written down of it."""

import asyncio
import hmac
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from starlette.requests import HTTPConnection

from service.access.buckets import Buckets
from service.access.connections import Connections
from service.access.journal import Deed, note, note_reading, writing
from service.access.register import CSRF, NOBODY, PERIOD_S, STRANGER, Badge, Register
from service.access.roles import Person
from service.access.tickets import Tickets
from service.access.tokens import log_in, log_out
from service.errors import NotPermitted, NotSignedIn, SettingsError, StoreError, TooMany
from service.settings import Settings

logger = logging.getLogger(__name__)

COOKIE, CSRF_COOKIE = "dreamwatch", "dreamwatch_csrf"
CSRF_HEADER = "X-CSRF-Token"
LOGIN = "/api/v1/login"
READS = frozenset({"GET", "HEAD"})
COMMANDS = 100.0, 10.0
"""Most commands of one person at once, and a second in the long run: an alarm of each of 100 beds
can be acknowledged at a stroke."""
ATTEMPTS = 5.0, 1 / 12
"""Most wrong tokens from one address at once, and a second: five a minute."""
HOUR_S = 3_600.0
REPORT_EVERY_S = 60.0
MOST_ADDRESSES = 5
MOST_READINGS = 10_000
_PASSED_ON = frozenset({"forwarded", "via", "x-real-ip"})


class Gate:
    """Everything between a request and the person behind it.

    Parameters
    ----------
    settings : Settings
        Where the service listens, and who may come without a token.
    clock, wall : callable
        Monotonic seconds, and Unix seconds.

    Raises
    ------
    SettingsError
        When it can be reached from beyond this machine, and there is no token.
    StoreError
        When the data directory cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.clock, self.wall = clock, wall
        self.connections = Connections(settings.max_clients, settings.max_clients_each)
        self.tickets = Tickets()
        self._settings = settings
        self._data_dir: Path = settings.data_dir
        self._register = Register(settings.data_dir)
        self._register.refresh(wall())
        self._commands, self._attempts = Buckets(*COMMANDS), Buckets(*ATTEMPTS)
        self._refused: list[str] = []
        self._report_at = 0.0
        self._readings: dict[tuple[str, str, frozenset[str] | None], float] = {}
        if settings.is_exposed and self._register.is_empty:
            self._register.close()
            raise SettingsError(
                "whoever can reach this service could use it: before it listens beyond this "
                "machine, make a token: dreamwatch token create NAME --role technician"
            )

    def close(self) -> None:
        """Close the database."""
        self._register.close()

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers may keep cookies for encrypted connections only."""
        return self._settings.is_encrypted

    def cookie(self, name: str) -> str:
        """Return what a cookie is called here; with the prefix, no other host can set it."""
        return f"__Host-{name}" if self.is_encrypted else name

    @property
    def is_open(self) -> bool:
        """Whether whoever uses this machine may come without a token."""
        return self._settings.is_open(has_tokens=not self._register.is_empty)

    def identify(self, connection: HTTPConnection) -> Badge | None:
        """Return who asks; None: nobody who has signed in.

        Raises
        ------
        NotSignedIn, TooMany
            When a token or ticket is shown that does not hold, the latter when it is one too many.
        """
        now = self.wall()
        if shown := connection.headers.get("authorization"):
            scheme, _, token = shown.partition(" ")
            badge = self._register.by_token(token.strip(), now)
            return badge if badge and scheme.lower() == "bearer" else self.refuse(connection)
        if connection.scope["type"] == "websocket":
            if ticket := connection.query_params.get("ticket"):
                badge = self.tickets.take(ticket, self.clock())
                return badge if badge and self.holds(badge) else self.refuse(connection)
        elif badge := self._register.by_login(connection.cookies.get(self.cookie(COOKIE), ""), now):
            return badge
        if not self.is_open or _is_passed_on(connection):
            return None
        return NOBODY if self._register.is_empty else STRANGER

    def admit(self, connection: HTTPConnection, badge: Badge | None) -> None:
        """Let a request pass, or not; signing in is bounded by `log_in`.

        Raises
        ------
        NotPermitted
            When a browser adds its cookie to a request that is not known to be our page's.
        TooMany
            When somebody sends too many commands.
        """
        if connection.scope["type"] == "websocket" or connection.scope["method"] in READS:
            return
        if badge and badge.csrf:
            shown = connection.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(shown.encode(), badge.csrf.encode()):
                raise NotPermitted(f"the header {CSRF_HEADER} must be what /api/v1/me says")
        if connection.scope["path"] != LOGIN:
            self._charge(badge, connection)

    def _charge(self, badge: Badge | None, connection: HTTPConnection) -> None:
        known = badge and badge.token is not None
        key = f"#{badge.token}" if badge and known else _address(connection)
        if wait := self._commands.take(key, self.clock()):
            raise TooMany("too many commands in a short time", wait)

    def refuse(self, connection: HTTPConnection) -> NoReturn:
        """Say that what was shown is no token that holds; it is written down soon."""
        address = _address(connection)
        if wait := self._attempts.take(address, self.clock()):
            raise TooMany("too many wrong tokens from this address", wait)
        self._refused.append(address)
        raise NotSignedIn("no such token, or it is revoked or expired")

    def holds(self, badge: Badge) -> bool:
        """Whether somebody who was let in may stay."""
        if badge.token is None:
            return self.is_open
        return self._register.holds(badge, self.wall())

    async def log_in(self, connection: HTTPConnection, token: str) -> tuple[str, str, float]:
        """Return a cookie for who shows a token, its `Badge.csrf`, and for how many seconds.

        Raises
        ------
        NotSignedIn, TooMany
            As `refuse` does; the latter, too, when somebody signs in too often.
        StoreError
            When it cannot be remembered.
        """
        now = self.wall()
        badge = self._register.by_token(token, now)
        if badge is None or badge.token is None:
            self.refuse(connection)
        self._charge(badge, connection)
        lasts = self._settings.login_hours * HOUR_S
        secret = await asyncio.to_thread(log_in, self._data_dir, badge.token, now, now + lasts)
        await asyncio.to_thread(self._register.refresh, now)
        return str(secret), secret.proof(CSRF), lasts

    async def log_out(self, badge: Badge) -> None:
        """Forget the login of a browser; its connections end."""
        if badge.login is not None:
            await asyncio.to_thread(log_out, self._data_dir, badge.login, self.wall())
            await self._renew()

    async def note_reading(
        self, person: Person, what: str, dreamers: frozenset[str] | None
    ) -> None:
        """Write down, once an hour, that somebody reads raw signal; nobody reads it unless it is.

        Raises
        ------
        StoreError
            When it cannot be written down.
        """
        key, now = (person.name, what, dreamers), self.clock()
        if now < self._readings.get(key, now):
            return
        arguments = self._data_dir, person.name, self.wall(), what, dreamers
        await asyncio.to_thread(note_reading, *arguments)
        self._readings = {k: at for k, at in self._readings.items() if now < at}
        if len(self._readings) < MOST_READINGS:
            self._readings[key] = now + HOUR_S

    async def tend(self) -> None:
        """Keep up with the tables for ever, and let go who may no longer stay."""
        while True:
            try:
                await self._renew()
                await self._report()
            except StoreError as error:
                logger.error("who may come in is as it was: %s", error)
            await asyncio.sleep(PERIOD_S)

    async def _renew(self) -> None:
        await asyncio.to_thread(self._register.refresh, self.wall())
        self.connections.end_unless(self.holds)

    async def _report(self) -> None:
        """Write down the wrong tokens of the last minute, in one entry."""
        if not self._refused or self.clock() < self._report_at:
            return
        refused, self._refused = self._refused, []
        self._report_at = self.clock() + REPORT_EVERY_S
        await asyncio.to_thread(self._note_refused, refused)

    def _note_refused(self, refused: list[str]) -> None:
        addresses = sorted(set(refused))[:MOST_ADDRESSES]
        with writing(self._data_dir) as connection:
            detail = {"times": len(refused), "addresses": addresses}
            note(connection, Deed.REFUSED, "service", self.wall(), **detail)


def gate_of(connection: HTTPConnection) -> Gate:
    """Return the application's gate."""
    gate: Gate = connection.app.state.gate
    return gate


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"


def _is_passed_on(connection: HTTPConnection) -> bool:
    """Whether a proxy says that it asks for somebody, who may be anywhere."""
    return any(n in _PASSED_ON or n.startswith("x-forwarded-") for n in connection.headers)
