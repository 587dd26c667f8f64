"""What goes wrong with a board, and when: `drop@1000:45 mute@5000:2.5s unplug@9000:3s`."""

import random
import re
from dataclasses import dataclass

SAMPLES = {
    "drop": "samples never reach the computer, as in a bad place for radio",
    "mute": "the same; the board still answers",
    "half": "of a Daisy's samples the first half is lost",
    "duplicate": "each sample is sent twice",
    "freeze": "numbers go on, values stay",
    "stuck": "the last packet is sent instead of each",
    "stop": "the packets end in a wrong byte",
    "rail": "one channel lies at full scale (`rail@500:2s#3`: the third)",
    "burst": "samples are held back and then sent at once",
}
"""Faults that concern a number of samples."""

STATES = {
    "reset": "the board starts anew by itself: its stream stops, it prints its banner",
    "off": "the board has no power: nothing comes, nothing is answered",
    "away": "the same, and the dongle says so",
    "unplug": "the port vanishes",
}
"""Faults after which the stream has to be started again; all but the first last some seconds."""

_FAULT = re.compile(r"(?P<kind>\w+)@(?P<at>\d+)(:(?P<length>[\d.]+)(?P<s>s?))?(#(?P<channel>\d+))?")


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong from sample `at` on, for so many samples of the board's time."""

    kind: str
    at: int
    samples: int = 1
    channel: int = 1

    @property
    def end(self) -> int:
        return self.at + self.samples


def parse_script(script: str, sfreq: float) -> list[Fault]:
    """Return the faults of a script, the first first.

    Raises
    ------
    ValueError
        With the word that is no fault.
    """
    return sorted((_fault(word, sfreq) for word in script.split()), key=lambda fault: fault.at)


def _fault(word: str, sfreq: float) -> Fault:
    match = _FAULT.fullmatch(word)
    if not match or match["kind"] not in SAMPLES | STATES:
        kinds = ", ".join([*SAMPLES, *STATES])
        raise ValueError(f"{word!r} is no fault; write KIND@SAMPLE:LENGTH, KIND one of {kinds}")
    length = float(match["length"] or 1)
    samples = round(length * sfreq if match["s"] else length)
    return Fault(match["kind"], int(match["at"]), samples, int(match["channel"] or 1))


def random_script(seed: int, duration_s: float, every_s: float, sfreq: float = 250.0) -> str:
    """Return a script with a fault about every `every_s`, the last of them well before the end."""
    chance = random.Random(seed)
    lengths = {
        "drop": ["1", "45", "255", "256", "257", "3000"],
        "mute": ["0.4s", "2.5s"],
        "duplicate": ["1", "20"],
        "freeze": ["3s"],
        "stuck": ["1", "250"],
        "stop": ["1", "10"],
        "rail": ["5s"],
        "burst": ["0.5s", "1s"],
        "reset": ["1"],
        "off": ["4s"],
        "away": ["3s"],
        "unplug": ["3s"],
    }
    starts = [
        i * every_s + chance.uniform(0.2, 0.5) * every_s
        for i in range(1, int(duration_s // every_s))
    ]
    kinds = [chance.choice(list(lengths)) for _ in starts]
    return " ".join(
        f"{kind}@{round(start * sfreq)}:{chance.choice(lengths[kind])}"
        for kind, start in zip(kinds, starts, strict=True)
    )
