"""Records as fast as it can until it is killed; prints how many samples it has pushed."""

import sys
from pathlib import Path

from recording_reading import counts, make

from monitor.domain.inputs import Chunk, Gap

PERIOD = 997
"""Samples after which the signal repeats itself, and of which the last `LOST` are lost."""
LOST = 45
PIECE = 37


def main() -> None:
    recording = make(Path(sys.argv[1]))
    wave = counts(PERIOD - LOST)
    first = 0
    while True:
        for at in range(0, PERIOD - LOST, PIECE):
            piece = wave[:, at : at + PIECE]
            recording.push(Chunk(piece, first + at))
            sys.stdout.write(f"{first + at + piece.shape[1]}\n")
            sys.stdout.flush()
        recording.push(Gap(first + PERIOD - LOST, LOST, "packets lost"))
        first += PERIOD


if __name__ == "__main__":
    main()
