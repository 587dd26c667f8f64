"""The stream of a bedside page as the test tells it, and an ear for what the page sounds."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

LISTENING = """
window.tones = []; window.spoken = []; window.taps = [];
const { connect } = AudioNode.prototype, { start } = AudioScheduledSourceNode.prototype;
const ramp = AudioParam.prototype.linearRampToValueAtTime;
let gain = 0;
AudioParam.prototype.linearRampToValueAtTime = function (value, at) {
  gain = Math.max(gain, value);
  return ramp.call(this, value, at);
};
AudioScheduledSourceNode.prototype.start = function (at) {
  tones.push({ type: this.type, hz: this.frequency?.value, gain });
  gain = 0;
  return start.call(this, at);
};
AudioNode.prototype.connect = function (to, ...rest) {
  if (to === this.context.destination) {
    const tap = new AnalyserNode(this.context, { fftSize: 2048 });
    connect.call(this, tap);
    taps.push(tap);
  }
  return connect.call(this, to, ...rest);
};
SpeechSynthesis.prototype.speak = (said) => spoken.push({ text: said.text, volume: said.volume });
window.sounding = () => taps.some((tap) => {
  const samples = new Float32Array(tap.fftSize);
  tap.getFloatTimeDomainData(samples);
  return samples.some((sample) => Math.abs(sample) > 1e-3);
});
"""
"""Notes each tone with its gain and each word; `sounding()` measures what leaves the page."""

SOUNDING, SILENT = "sounding()", "!sounding()"

USAGE = {
    "session": "s1",
    "recorded_min": 480.0,
    "sleep_min": 432.0,
    "rem_min": 96.0,
    "unscored_min": 3.0,
    "overrun_min": 0.0,
    "sleep_24h_min": 500.0,
    "rem_24h_min": 112.0,
    "sessions_24h": 1,
    "level": 0,
    "breaches": [],
    "checks": {"sleep_24h_min": 50, "rem_24h_min": 80},
    "budgets": {"sleep_24h_min": 600.0, "rem_24h_min": 140.0},
}
SESSION = {"session": "s1", "status": "started", "profile": "adult", "sample": 0, "sfreq": 250.0}


class Script:
    """Plays the service's part of the stream of one dreamer."""

    def __init__(self, page: "Page", dreamer: str = "bed-1") -> None:
        self.page = page
        self.dreamer = dreamer
        self.coverage = "MONITORED"
        self._seq = 0
        self._socket: WebSocketRoute | None = None
        page.route_web_socket("**/api/v1/events*", self._open)

    def _open(self, socket: "WebSocketRoute") -> None:
        self._socket = socket
        socket.on_message(lambda _cursor: self.beat())

    def beat(self) -> None:
        coverage = {self.dreamer: self.coverage}
        self._send("heartbeat", {"cursor": {}, "coverage": coverage, "reasons": {}})

    def tell(self, kind: str, **data: Any) -> None:
        self._seq += 1
        self._send(kind, data, dreamer=self.dreamer, seq=self._seq)
        self.beat()

    def wake(
        self, step: str, number: int = 1, level: int | None = None, lasts_s: float = 30
    ) -> None:
        until = datetime.now(UTC) + timedelta(seconds=lasts_s)
        data = {"step": step, "round": number, "rounds": 3, "reason": {"text": ""}}
        self.tell("wake", **data, level_dba=level, until=_iso(until) if lasts_s else None)

    def hang_up(self) -> None:
        self._socket.close()

    def _send(self, kind: str, data: dict[str, Any], **more: Any) -> None:
        while self._socket is None:
            self.page.wait_for_timeout(10)
        message = {"v": 1, "type": kind, "at": _iso(datetime.now(UTC)), "data": data, **more}
        self._socket.send(json.dumps(message))


def until(page: "Page", expression: str, within_s: float = 5) -> None:
    """Wait until an expression is true; the page's own rules forbid Playwright's way to."""
    deadline = time.monotonic() + within_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"not within {within_s} s: {expression}"
        page.wait_for_timeout(30)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
