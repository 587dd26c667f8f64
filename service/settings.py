"""Settings of the service, read once: command line before environment before TOML file."""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as UnreadableSetting,
)

from monitor.domain.errors import InputError
from monitor.usage.days import find_zone
from service.addresses import (
    Network,
    check_address,
    check_name,
    check_origin,
    is_loopback,
    read_networks,
)
from service.errors import SettingsError
from service.zone import local_zone

ENV_PREFIX = "DREAMWATCH_"
MIN_SECRET = 16
EVERY_ADDRESS = ("0.0.0.0", "::", "[::]")  # noqa: S104 - told apart, not listened on
_NOT_SETTINGS = frozenset({"SHARED_DATA", "TOKEN"})
"""Where the tests find recordings; what `dreamwatch watch` shows a service."""


class Settings(BaseSettings):
    """What the service does and within which bounds.

    Parameters
    ----------
    sources : tuple of str
        One SPEC for each dreamer to watch.
    host : str
        Address to listen on; beyond loopback only with TLS, by `tls_cert` or by a `proxy`, and
        with at least one token.
    port : int
        0 takes any free port.
    tls_cert, tls_key : Path or None
        PEM files of the certificate, with its chain, and of its key.
    proxy : str
        Address of a proxy that ends TLS before this service and passes on the Host, or several, or
        networks, with commas; it is believed where a request comes from (``X-Forwarded-For``) and
        that it came encrypted (``X-Forwarded-Proto: https``), without which it is refused. Empty:
        none.
    allowed_hosts : tuple of str
        Names without port by which the service may be called, beside `host` and loopback's.
    allowed_origins : tuple of str
        Origins beside our own, ``https://…``, whose pages may open websockets with a ticket.
    anonymous : str
        Whether whoever uses this machine may come without a token, as a technician: ``auto``, as
        long as no token was ever made; ``always``, whose commands are logged as ``anonymous``'s
        once there are tokens; or ``never``. Only while the service is called by loopback's names
        alone.
    login_hours : float
        How long a browser stays signed in, from 1 to 720.
    data_dir : Path
        Everything durable lies below it.
    max_clients : int
        Most websocket clients at a time; the last tenth is for technicians and admins.
    max_clients_each : int
        Most of them with one token; of a dreamer or guardian, at most 4.
    client_queue : int
        Most events waiting for one client before it is disconnected to resume by its cursor.
    lsl_outlet : str
        Name of an LSL stream that tells stages and alarms to everybody on the local network, for
        LSL knows no access control; empty, as by default: none.
    policy : Path or None
        TOML file with other numbers for alarms and wake protocol; read again when it changes.
    webhook_url, webhook_secret : str, SecretStr
        Address outside that is told of alarms which nobody takes on and of dreamers whom nobody
        watches, and what the requests are signed with: at least `MIN_SECRET` characters.
    watchdog_url, watchdog_file : str, Path or None
        Asked for, and touched, every `watchdog_s` seconds while everybody is watched.
    watchdog_s : float
        From 1 to 3600.
    retention_days : float or None
        Entries, sessions and recordings that are older are forgotten; None: kept for ever. Nights
        of the accounts are kept for 104 days at least, for limits over many nights need them.
    time_zone : str
        IANA name, such as ``Europe/Berlin``, for dreamers who have said no other; by default this
        machine's.
    """

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    sources: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    data_dir: Path = Field(default_factory=lambda: user_data_path("dreamwatch", appauthor=False))
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxy: str = ""
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    anonymous: Literal["auto", "always", "never"] = "auto"
    login_hours: float = Field(24.0, ge=1, le=720)
    max_clients: int = Field(600, ge=1)
    max_clients_each: int = Field(20, ge=1)
    client_queue: int = Field(5_000, ge=10)
    lsl_outlet: str = Field("", max_length=64)
    policy: Path | None = None
    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    watchdog_url: str = ""
    watchdog_file: Path | None = None
    watchdog_s: float = Field(60.0, ge=1, le=3600)
    retention_days: float | None = Field(None, ge=1, le=36_500)
    time_zone: str = Field(default_factory=local_zone)

    @property
    def is_exposed(self) -> bool:
        """Whether anybody but who uses this machine can call the service."""
        return bool(not is_loopback(self.host) or self.proxy or self.allowed_hosts)

    def is_open(self, has_tokens: bool) -> bool:
        """Whether whoever uses this machine may come without a token, as a technician."""
        if self.is_exposed or self.anonymous == "never":
            return False
        return self.anonymous == "always" or not has_tokens

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers speak TLS, with us or with the proxy before us."""
        return self.tls_cert is not None or bool(self.proxy)

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Where proxies are."""
        return read_networks(self.proxy)

    @model_validator(mode="after")
    def _not_in_the_clear(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if is_loopback(self.host):
            return self
        if not self.is_encrypted:
            raise ValueError(
                f"host {self.host!r} is not a loopback address: beyond 127.0.0.1, ::1 and "
                "localhost set tls_cert and tls_key, or proxy where one ends TLS before"
            )
        if self.host in EVERY_ADDRESS and not self.allowed_hosts:
            raise ValueError(f"host {self.host!r} needs allowed_hosts: the names it is called by")
        return self

    @field_validator("time_zone")
    @classmethod
    def _zone_known(cls, name: str) -> str:
        try:
            return find_zone(name).key
        except InputError as error:
            raise ValueError(str(error)) from error

    @field_validator("proxy")
    @classmethod
    def _proxy_is_somebody(cls, proxy: str) -> str:
        read_networks(proxy)
        return proxy

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(check_name, hosts))

    @field_validator("allowed_origins")
    @classmethod
    def _origins_are_some(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(check_origin, origins))

    @field_validator("webhook_url", "watchdog_url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        return check_address(url) if url else url

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.webhook_url and len(self.webhook_secret.get_secret_value()) < MIN_SECRET:
            raise ValueError(f"webhook_secret has at least {MIN_SECRET} characters")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the framework's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the command line first, then the environment, then the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(config: Path | None = None, **given: Any) -> Settings:
    """Read the settings; what is given here comes before environment and file.

    Raises
    ------
    SettingsError
        When the file is missing or no TOML, a key is unknown, or a value is out of its range.
    """
    if config is not None and not config.is_file():
        raise SettingsError(f"there is no settings file {config}")
    _refuse_unknown_environment()

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=config)

    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return FromFile(**chosen)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{config} is not valid TOML: {error}") from error
    except UnreadableSetting as error:
        raise SettingsError(str(error)) from error
    except ValidationError as error:
        raise SettingsError("; ".join(map(_explain, error.errors()))) from error


def _refuse_unknown_environment() -> None:
    known = {name.upper() for name in Settings.model_fields} | _NOT_SETTINGS
    given = {name[len(ENV_PREFIX) :] for name in os.environ if name.startswith(ENV_PREFIX)}
    if unknown := sorted(given - known):
        raise SettingsError(f"unknown environment variable {ENV_PREFIX}{unknown[0]}")


def _explain(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if not name:
        return str(problem["msg"].removeprefix("Value error, "))
    if problem["type"] == "extra_forbidden":
        return f"unknown setting {name!r}"
    return f"setting {name!r}: {problem['msg'].removeprefix('Value error, ')}"
