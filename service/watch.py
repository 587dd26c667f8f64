"""Taking up the watch over a dreamer: a new session, or the one a stopped service left."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

from monitor.domain.config import SessionConfig
from monitor.domain.errors import ModelError, SnapshotError
from monitor.domain.events import Event
from monitor.domain.inputs import Gap
from monitor.session import MonitorSession
from monitor.sources.base import Source
from monitor.sources.spec import LINKS, SourceSpec, open_source
from monitor.staging.bundle import ModelBundle
from monitor.staging.calibration import Calibration, read_calibration
from monitor.usage.ledger import Past
from service.device import open_live
from service.policy import DEFAULT, PolicyFile
from service.recording import Recording
from service.snapshots import unpack
from service.store import RUNNING, SessionRow, Store
from service.usage.nights import night_of
from service.usage.past import read_past

logger = logging.getLogger(__name__)

RESUME_WITHIN_S = 3600.0
"""Seconds after which a live session is not gone on with but another one begun [own choice]: longer
than a computer needs to start again, shorter than from one night to the next."""

_Make: TypeAlias = Callable[[str, float, float | None], MonitorSession]
"""Makes a session of a name, a start and a planned length."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A source and the session it feeds.

    Parameters
    ----------
    spec : SourceSpec
        What is read, whose it is, how fast.
    source : Source
        Already at the session's next sample, but for what `lost` says.
    session : MonitorSession
        New, or restored.
    inherited : tuple of Event
        Alarms, and the wake protocol, that the dreamer's last session left open.
    lost : Gap or None
        What a live source sent while no service ran.
    recording : Recording or None
        Where the signal is written, where the spec asks for that.
    policy : PolicyFile
        What the alarms go by.
    night : str
        Name of the session's night in the account.
    past : Past
        What the account goes by beside the session.
    """

    spec: SourceSpec
    source: Source
    session: MonitorSession
    inherited: Sequence[Event] = ()
    lost: Gap | None = None
    recording: Recording | None = None
    policy: PolicyFile = DEFAULT
    night: str = ""
    past: Past = field(default_factory=Past)


def open_watch(
    spec: SourceSpec,
    bundle: ModelBundle,
    store: Store,
    now: float,
    policy: PolicyFile = DEFAULT,
    zone: str = "UTC",
) -> Watch:
    """Take up the watch that a source's spec asks for, and the recording of it.

    Parameters
    ----------
    now : float
        Wall clock, seconds of Unix time.
    zone : str
        IANA name of the time zone of dreamers who have said no other.

    Raises
    ------
    SourceError, InputError
        When the source cannot be opened, staged or recorded.
    ModelError
        When the wearer's calibration cannot be read.
    """
    source = open_live(spec) if spec.scheme in LINKS else open_source(spec)
    make = partial(_session, spec, source, bundle, policy)
    watch = _take_up(spec, source, make, store, now)
    night = night_of(spec, watch.session.config.session)
    past = store.read(lambda connection: read_past(connection, spec.dreamer, zone, night))
    watch = replace(watch, policy=policy, night=night, past=past)
    return replace(watch, recording=_recording(watch, store.data_dir)) if spec.record else watch


def _recording(watch: Watch, data_dir: Path) -> Recording:
    """Record in as many bits as boards have; what is no board's rarely has more than 16."""
    config = watch.session.config
    return Recording(
        data_dir / "recordings" / config.dreamer / config.session,
        config.start,
        config.sfreq,
        config.montage,
        24 if watch.source.live else 16,
        config.dreamer,
    )


def _take_up(spec: SourceSpec, source: Source, make: _Make, store: Store, now: float) -> Watch:
    """Go on with the session of a source, or begin a new one.

    A session goes on when it has not ended and its source is the same, to the letter; of what is
    live, when it last did within `RESUME_WITHIN_S`, else it is another night. Alarms left
    open by any other pass over to the new session: nothing resolves by restarting. A new
    session never begins before its predecessor stopped, whatever the clock says. A saved state
    that is damaged keeps nobody from being watched: the new session begins without it, which is
    logged as an error, and what was open stays in the log. A calibration of another model keeps
    nobody from being watched either: the dreamer is watched without it, logged as an error too.
    """
    last = store.last_session(spec.dreamer)
    last_at = store.last_at(spec.dreamer)
    if last is not None and _goes_on(last, spec, source, now, last_at):
        try:
            return _resume(spec, source, make, last, now)
        except SnapshotError as error:
            logger.warning("%s: session %s cannot go on: %s", spec.dreamer, last.session, error)
    earliest = max(now, last_at)
    if last is not None:
        try:
            return _succeed(spec, source, make, unpack(last.snapshot), earliest)
        except SnapshotError as error:
            logger.error(
                "%s: a new session begins without what session %s left open, which is in the log "
                "only: %s",
                spec.dreamer,
                last.session,
                error,
            )
    return Watch(spec, source, make(_new_id(earliest), earliest, spec.planned_s))


def _goes_on(
    last: SessionRow, spec: SourceSpec, source: Source, now: float, last_at: float
) -> bool:
    too_old = source.live and now - last_at > RESUME_WITHIN_S
    return last.status == RUNNING and last.spec == spec.text and not too_old


def _resume(spec: SourceSpec, source: Source, make: _Make, last: SessionRow, now: float) -> Watch:
    saved = unpack(last.snapshot)
    session = make(last.session, last.start, saved.get("planned_s"))
    session.restore(saved)
    reached = round((now - last.start) * source.sfreq) if source.live else session.position
    n_lost = max(0, reached - session.position)
    lost = Gap(session.position, n_lost, "service stopped") if n_lost else None
    source.seek(session.position + n_lost)
    return Watch(spec, source, session, lost=lost)


def _succeed(
    spec: SourceSpec, source: Source, make: _Make, before: dict[str, Any], earliest: float
) -> Watch:
    """Begin a new session no earlier than the one before had got to, with its open alarms."""
    start = max(earliest, before.get("now", earliest))
    session = make(_new_id(start), start, spec.planned_s)
    return Watch(spec, source, session, tuple(session.adopt_alarms(before)))


def _session(
    spec: SourceSpec,
    source: Source,
    bundle: ModelBundle,
    policy: PolicyFile,
    name: str,
    start: float,
    planned_s: float | None,
) -> MonitorSession:
    config = SessionConfig(
        spec.dreamer,
        name,
        start,
        source.sfreq,
        source.montage,
        planned_s,
        spec.profile,
    )
    return MonitorSession(config, bundle, _calibration(spec, bundle), policy.policy)


def _calibration(spec: SourceSpec, bundle: ModelBundle) -> Calibration | None:
    """Read the wearer's calibration; one of another model, as after an update, is left aside."""
    if not spec.calibration:
        return None
    calibration = read_calibration(Path(spec.calibration))
    try:
        calibration.check_model(bundle)
    except ModelError as error:
        logger.error("%s: watched without %s: %s", spec.dreamer, spec.calibration, error)
        return None
    return calibration


def _new_id(start: float) -> str:
    """Name a session by its start; the tail tells apart what starts within the same second."""
    return f"{datetime.fromtimestamp(start, UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
