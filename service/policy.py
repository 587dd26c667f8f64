"""A policy file: TOML that changes numbers of the alarms and of the wake protocol.

::

    [kinds.SIGNAL_LOST]
    on_delay_s = 20

    [kinds.SIGNAL_LOST.rise]
    after_s = 60
    to = "high"

    [escalation.high]
    steps_s = [0, 30, 120]

    [wake.adult]
    levels_dba = [60, 70, 80, 85]

What is not named stays as it is. Names are those of `monitor.alarm.rules`; "never" stands for no
time at all. What makes a kind what it is (whether it latches, may be shelved, needs a disposition)
is not up to a policy, and no priority can be lowered.
"""

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.rules import Policy, Rise
from monitor.domain.errors import InputError
from monitor.domain.inputs import SetPolicy
from service.errors import SettingsError

MAX_BYTES = 65_536
MAX_S = 86_400.0
"""Longest of all times, s: a day."""

NEVER = "never"
_ADJUSTABLE = frozenset({"priority", "on_delay_s", "off_delay_s", "ack_timeout_s", "rise"})
_POLICY = TypeAdapter(Policy)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy, and how it came about.

    Parameters
    ----------
    policy : Policy
        The whole of it.
    digest : str
        SHA-256 of what differs; empty for the default.
    differs : dict
        Where it differs from the default, as JSON values.
    """

    policy: Policy
    digest: str
    differs: dict[str, Any]


DEFAULT = PolicyFile(DEFAULT_POLICY, "", {})


def read_policy(path: Path) -> PolicyFile:
    """Read a policy.

    Raises
    ------
    SettingsError
        When it cannot be read, or names what there is not, or a value out of its range.
    """
    try:
        text = path.read_bytes()[: MAX_BYTES + 1]
        if len(text) > MAX_BYTES:
            raise SettingsError(f"{path}: a policy has at most {MAX_BYTES} bytes")
        differs = tomllib.loads(text.decode())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from error
    try:
        return PolicyFile(make_policy(differs), _digest(differs), differs)
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error


def load_policy(path: Path | None) -> PolicyFile:
    """Return the policy of a file, the default where there is none.

    Raises
    ------
    SettingsError
        When it is no policy.
    """
    return DEFAULT if path is None else read_policy(path)


def set_policy(policy: PolicyFile) -> SetPolicy:
    """Return the command to follow a policy."""
    return SetPolicy(
        command_id=uuid4().hex,
        actor="policy file",
        policy=policy.policy,
        digest=policy.digest,
        differs=policy.differs,
    )


def describe(policy: PolicyFile) -> dict[str, Any]:
    """Return a policy as JSON values."""
    return {"policy": _plain(policy.policy), "digest": policy.digest, "differs": policy.differs}


def make_policy(differs: Mapping[str, Any]) -> Policy:
    """Change the default policy where a table says so.

    Raises
    ------
    ValueError
        Which value, and what is wrong with it.
    """
    _check(differs, "")
    try:
        policy = _POLICY.validate_python(_merged(_plain(DEFAULT_POLICY), differs, ""))
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"{_name(problem['loc'])}: {problem['msg']}") from error
    except InputError as error:
        raise ValueError(str(error)) from error
    for kind, rule in policy.kinds.items():
        least = DEFAULT_POLICY.kinds[kind].priority
        if rule.priority.rank < least.rank:
            raise ValueError(f"kinds.{kind}.priority: {rule.priority} is lower than {least}")
    return policy


def _digest(differs: Mapping[str, Any]) -> str:
    text = json.dumps(differs, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest() if differs else ""


def _check(value: Any, name: str) -> None:
    """Refuse what no number of a policy may be."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check(inner, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            _check(inner, name)
    elif isinstance(value, int | float):
        if not (math.isfinite(value) and 0 <= value <= MAX_S):
            raise ValueError(f"{name}: {value} is not from 0 to {MAX_S:g}")
    elif not isinstance(value, str):
        raise ValueError(f"{name}: {value} is no number or word")


def _merged(base: Any, change: Any, name: str) -> Any:
    if name.endswith(".rise") and base is None:
        base = dict.fromkeys(f.name for f in fields(Rise))
    if not isinstance(base, dict):
        return None if change == NEVER else change
    if not isinstance(change, Mapping):
        raise ValueError(f"{name}: {change!r} is no table")
    result = dict(base)
    for key, inner in change.items():
        where = f"{name}.{key}".lstrip(".")
        if key not in base:
            raise ValueError(f"{where}: there is no {key!r}, but {', '.join(map(str, base))}")
        if name.startswith("kinds.") and name.count(".") == 1 and key not in _ADJUSTABLE:
            raise ValueError(f"{where}: is not up to a policy")
        result[key] = _merged(base[key], inner, where)
    return result


def _plain(value: Any) -> Any:
    """Turn dataclasses and mappings into dicts by name, all else is left as it is."""
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def _name(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))
