"""Streams of the lab streaming layer (LSL), with the ``lsl`` extra.

LSL carries samples by TCP: none is lost on the way while a connection lasts, and one that broke LSL
takes up again by itself as soon as the sender is back, if it is back before the live source gives
up. What is missing, then or because the sender missed it, shows in the sender's stamps
(`StampCounter`). A loss shorter than 0.05 s, and one that the stamps hide, is not seen. Stamps that
go back, as after the sender's machine was started anew, end the connection.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from ctypes import byref, c_double, c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.inputs import MAX_GAP_S
from monitor.domain.montage import ChannelKind, guess_kind
from monitor.sources.channels import pick_channels
from monitor.sources.held import Held
from monitor.sources.link import Batch
from monitor.sources.loss import HOLD_S, MAX_TIME_S
from monitor.sources.lsl_form import form_of, form_said, scales_uv
from monitor.sources.lsl_stamps import StampCounter

OPTIONS = ("channels", "source_id", "sfreq", "names")

RESOLVE_S = 10.0
"""Seconds for which a stream is looked for."""

LIST_S = 2.0
"""Seconds for which others of its name are looked for: LSL asks some after half a second only."""

_OPEN_S = 5.0
_MAX_STREAMS = 1024
_BUFFER_S = 600
_PULL = 4096


class LslLink:
    """One stream, and after a first connection no other sender's of the same name.

    Parameters
    ----------
    name : str
        What its sender calls it.
    params : mapping
        ``channels``: which of its channels are what, as in ``1:Fpz-M2,2:C3-M2``. Default: those
        which the stream itself names as EEG, EOG or EMG. ``source_id``: which of several senders
        of that name. ``sfreq`` and ``names``: rate in Hz and names of all its channels, as in
        ``C3-M2,EOG-L``; with them the stream need not be there yet.

    Raises
    ------
    SourceError
        When LSL is not installed, no such stream or more than one is there, or nothing can be
        staged from it.
    """

    once = False

    def __init__(self, name: str, params: Mapping[str, str]) -> None:
        if unknown := set(params) - set(OPTIONS):
            listed = ", ".join(sorted(unknown))
            raise SourceError(f"lsl: has no option {listed}; it has {', '.join(OPTIONS)}")
        self._lsl = load_lsl()
        self._name, self._where = name, f"lsl:{name}"
        self._source_id = params.get("source_id", "")
        self._inlet: Any = None
        self._stamp: float | None = None
        said = form_said(params, self._where)
        info = (
            None if said else self._describe(self._find("; to wait for it give sfreq= and names="))
        )
        self._form = said or form_of(info, self._where)
        self.sfreq = self._form.sfreq
        known = [n if guess_kind(n) is not ChannelKind.OTHER else "" for n in self._form.ch_names]
        text = params.get("channels", "")
        rows, self.montage = pick_channels(text, len(known), None, self._where, known)
        self._rows = list(rows)
        self._scale = np.ones((len(rows), 1))
        if info is not None:
            self._recognise(info)
        self._begin()

    @property
    def same(self) -> dict[str, str]:
        """Options with which another link takes the same sender's stream of the same form only.

        Names with commas cannot be said: then it is held to the sender only.
        """
        names = ",".join(self._form.ch_names)
        form = {"sfreq": repr(self.sfreq), "names": names}
        can_say = bool(names) and form_said(form, self._where) == self._form
        return {"source_id": self._source_id} | (form if can_say else {})

    def connect(self) -> None:
        """Look for the stream and subscribe to it."""
        inlet = self._find()
        self._recognise(self._describe(inlet))
        with _told(f"{self._where} cannot be opened"):
            inlet.open_stream(timeout=_OPEN_S)
        self._inlet = inlet
        self._begin()

    def drain(self) -> Batch:
        """Return what has come and can be placed."""
        if self._inlet is None:
            raise SourceError(f"{self._where} is not connected")
        with _told(self._where):
            data, stamps = self._pull()
        self._check_stamps(stamps)
        return self._held.push(data, self._counter.push(stamps))

    def flush(self) -> Batch:
        """Return what was held back to tell the losses before it."""
        return self._held.release(self._counter.flush())

    def mark(self, code: float) -> None:
        """Write nothing: LSL goes one way. Markers go out in a stream of their own."""

    def impedances(self, wait: Callable[[float], object]) -> dict[str, float]:  # noqa: ARG002
        """Refuse: a stream measures none."""
        raise SourceError(f"{self._where} measures no impedance")

    def disconnect(self) -> None:
        """Let go of the stream."""
        self._inlet = None

    def _check_stamps(self, stamps: NDArray[np.float64]) -> None:
        if not (np.abs(stamps) < MAX_TIME_S).all():
            raise SourceError(
                f"{self._where}: a sample has no time stamp, or one beyond {MAX_TIME_S:g} s"
            )
        steps_s = np.diff(stamps, prepend=stamps[:1] if self._stamp is None else self._stamp)
        for step_s in (steps_s.min(initial=0.0), steps_s.max(initial=0.0)):
            if not -HOLD_S <= step_s <= MAX_GAP_S:
                raise SourceError(f"{self._where}: its time stamps jump by {step_s:+.0f} s")
        self._stamp = float(stamps[-1]) if len(stamps) else self._stamp

    def _begin(self) -> None:
        self._counter, self._held = StampCounter(self.sfreq), Held(len(self._rows))
        self._stamp = None

    def _find(self, hint: str = "") -> Any:
        """Return an inlet of the one stream that fits, not subscribed yet."""
        wanted = {"name": self._name} | ({"source_id": self._source_id} if self._source_id else {})
        with _told(self._where):
            first = self._lsl.resolve_streams(timeout=RESOLVE_S, **wanted)  # done when one is there
            there = {info.uid: info for info in [*first, *_all_streams(self._lsl)]}.values()
        named = [info for info in there if info.name == self._name]
        found = [info for info in named if self._source_id in ("", info.source_id)]
        if not found:
            which = f" of source_id={self._source_id}" if self._source_id else ""
            raise SourceError(
                f"no LSL stream {self._name!r}{which} within {RESOLVE_S:g} s;"
                f" there is {_listed(named or there)}{hint}"
            )
        if len(found) > 1:
            raise SourceError(
                f"{len(found)} LSL streams are called {self._name!r}: {_listed(found)};"
                " say which by source_id=, or give each a name and source_id of its own"
            )
        with _told(self._where):
            return self._lsl.StreamInlet(found[0], max_buffered=_BUFFER_S)

    def _describe(self, inlet: Any) -> Any:
        """Return the full description of an inlet's stream."""
        with _told(f"{self._where} does not say what it is"):
            inlet.pull_chunk(timeout=0.0)  # without it MNE-LSL gives no description
            return inlet.get_sinfo(timeout=_OPEN_S)

    def _recognise(self, info: Any) -> None:
        """See that a stream is what it has to be, and hold on to its sender."""
        form = form_of(info, self._where)
        if str(form) != str(self._form):
            raise SourceError(f"{self._where} has {form}, not {self._form}")
        self._scale = scales_uv(info, self._rows, self._where)
        self._source_id = info.source_id

    def _pull(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all that is there, shape (n_rows, n), in µV, and its stamps."""
        pulled = [self._inlet.pull_chunk(timeout=0.0, max_samples=_PULL)]
        while len(pulled[-1][1]) == _PULL:
            pulled[-1] = tuple(part.copy() for part in pulled[-1])  # the inlet reuses its memory
            pulled.append(self._inlet.pull_chunk(timeout=0.0, max_samples=_PULL))
        data = np.concatenate([samples for samples, _ in pulled]).T[self._rows]
        with np.errstate(over="ignore"):  # what is beyond all numbers is beyond any amplifier
            return data * self._scale, np.concatenate([stamps for _, stamps in pulled])


def load_lsl() -> Any:
    """Import LSL, which comes with an extra.

    Raises
    ------
    SourceError
        When it is not installed; says how to.
    """
    try:
        from mne_lsl import lsl
    except (ImportError, OSError, RuntimeError) as error:
        raise SourceError(f"LSL needs an extra, pip install 'dreamwatch[lsl]': {error}") from error
    return lsl


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tell MNE-LSL's errors, TimeoutError among them, as a source's."""
    try:
        yield
    except (RuntimeError, OSError, ValueError) as error:
        raise SourceError(f"{what}: {error}") from error


def _all_streams(lsl: Any) -> list[Any]:
    """Return every stream there is.

    MNE-LSL's own search takes two senders' streams of one name and source_id for one.
    """
    found = (c_void_p * _MAX_STREAMS)()
    n_found = lsl.load_liblsl.lib.lsl_resolve_all(byref(found), _MAX_STREAMS, c_double(LIST_S))
    of_pointer = lsl.stream_info._BaseStreamInfo  # noqa: SLF001 # what its own search makes
    return [of_pointer(pointer) for pointer in found[:n_found]]


def _listed(infos: Iterable[Any]) -> str:
    texts = {f"{info.name} (source_id={info.source_id}, at {info.hostname})" for info in infos}
    return ", ".join(sorted(texts)) or "none"
