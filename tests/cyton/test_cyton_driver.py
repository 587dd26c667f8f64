"""BrainFlow's real Cyton driver against the emulator: what arrives, and what is counted as lost."""

from itertools import pairwise

import numpy as np
import pytest
from brainflow.exit_codes import BrainFlowError
from numpy.typing import NDArray

from monitor.sources.loss import counter_of
from tests.cyton.driver import Driver, until
from tests.cyton.emulator import CytonEmulator
from tests.cyton.protocol import COUNT_UV, FULL_SCALE, to_counts, to_microvolts
from tests.cyton.script import SAMPLES, STATES, Fault, parse_script, random_script
from tests.cyton.signal import looped, numbered, played

SPEED = 10.0
"""Slow enough that a loss of 256 samples, 0.1 s then, stands out from the bursts."""

FAST = 40.0


def received(emulator: CytonEmulator) -> Driver:
    """Read everything that a board whose signal ends has to send."""
    daisy = emulator.sfreq == 125
    driver = Driver(emulator.port, daisy=daisy)
    with driver:
        until(lambda: emulator.finished)
        until(lambda: driver.drain() == 0)
    return driver


def counted(driver: Driver, emulator: CytonEmulator, family: str = "cyton") -> NDArray[np.int64]:
    """Count by the driver's own rows, with its clock at the board's speed."""
    counter = counter_of(family, emulator.sfreq)
    times = driver.times[0] + (driver.times - driver.times[0]) * emulator.speed
    return np.concatenate([counter.push(driver.ids, times), counter.flush()])


def accounted(lost: NDArray[np.int64]) -> int:
    return int((lost >= 0).sum() + lost[lost > 0].sum())


@pytest.mark.parametrize("daisy", [False, True])
def test_every_sample_arrives_bit_for_bit(daisy: bool) -> None:
    signal = numbered(16 if daisy else 8, 4000)
    with CytonEmulator(signal, daisy=daisy, speed=FAST) as emulator:
        driver = received(emulator)
    np.testing.assert_array_equal(driver.microvolts, signal(0, 4000))
    step = 2 if daisy else 1
    np.testing.assert_array_equal(driver.ids, np.arange(0, 4000 * step, step) % 256)
    assert emulator.commands.startswith(b"vdb")


def test_losses_are_counted_to_the_sample() -> None:
    losses = [1, 45, 255, 256, 257, 3000]
    at = np.cumsum([750, *(n + 750 for n in losses)])
    script = " ".join(f"drop@{start}:{n}" for start, n in zip(at, losses, strict=False))
    with CytonEmulator(numbered(8, int(at[-1])), script, speed=SPEED) as emulator:
        driver = received(emulator)
    lost = counted(driver, emulator)
    assert lost[lost != 0].tolist() == losses
    np.testing.assert_array_equal(np.flatnonzero(lost), np.arange(1, 7) * 750)
    assert (emulator.sent, emulator.dropped) == (accounted(lost), sum(losses))


def test_wrong_stop_bytes_duplicates_and_a_stuck_packet_are_accounted_for() -> None:
    script = "stop@700:3 duplicate@1400:20 stuck@2100:100 burst@2800:0.5s stop@3500"
    with CytonEmulator(numbered(8, 4200), script, speed=SPEED) as emulator:
        driver = received(emulator)
    lost = counted(driver, emulator)
    assert lost[lost > 0].tolist() == [3, 100, 1]
    assert (lost == -1).sum() == emulator.duplicated == 120
    assert accounted(lost) == emulator.sent == 4200
    arrived = np.delete(np.arange(4200), [*range(700, 703), *range(2100, 2200), 3500])
    np.testing.assert_array_equal(
        driver.microvolts[:, lost >= 0], numbered(8, 4200)(0, 4200)[:, arrived]
    )


def test_daisy_losses_and_lost_halves() -> None:
    script = "drop@400:1 half@800:1 drop@1200:128 drop@1700:129 half@2200:2"
    with CytonEmulator(numbered(16, 2600), script, daisy=True, speed=SPEED) as emulator:
        driver = received(emulator)
    lost = counted(driver, emulator, "daisy")
    assert lost[lost > 0].tolist() == [1, 1, 128, 129, 2]
    assert (lost == -1).sum() == 3  # rows of which only half is new
    assert accounted(lost) == emulator.sent == 2600
    assert emulator.dropped == 1 + 1 + 128 + 129 + 2


def test_rail_and_freeze_change_values_only() -> None:
    script = "rail@500:250#3 freeze@1000:1s"
    with CytonEmulator(numbered(8, 2000), script, speed=FAST) as emulator:
        driver = received(emulator)
    truth = numbered(8, 2000)(0, 2000)
    truth[2, 500:750] = to_microvolts(np.array(FULL_SCALE))
    truth[:, 1000:1250] = truth[:, 1000:1001]
    np.testing.assert_array_equal(driver.microvolts, truth)
    assert not counted(driver, emulator).any()


def test_a_pulled_dongle_is_silence_until_it_is_back() -> None:
    with CytonEmulator(script="unplug@1000:40s", speed=FAST) as emulator:
        driver = Driver(emulator.port)
        with driver:
            until(lambda: not emulator.port.exists())
            until(lambda: driver.drain() == 0)
        assert driver.ids.size == emulator.sent == 1000
        with pytest.raises(BrainFlowError, match="UNABLE_TO_OPEN_PORT"):
            Driver(emulator.port).__enter__()
        until(emulator.port.exists)
        with Driver(emulator.port) as again:
            until(lambda: again.drain() > 0)
            assert again.ids[0] == 0


def test_a_board_that_starts_anew_is_silent_until_it_is_asked() -> None:
    with CytonEmulator(script="reset@1000", speed=FAST, slow_start_s=1.2) as emulator:
        driver = Driver(emulator.port)
        with driver:
            until(lambda: emulator.sent == 1000)
            until(lambda: driver.drain() >= 0 and driver.ids.size >= 1000)
        assert driver.ids.size == 1000
        with Driver(emulator.port) as again:  # waits for the banner
            until(lambda: again.drain() > 0)


def test_a_board_without_power_is_told_by_its_dongle() -> None:
    with CytonEmulator() as emulator:
        emulator.inject("away")
        with pytest.raises(BrainFlowError, match="BOARD_NOT_READY"):
            Driver(emulator.port).__enter__()
        emulator.restore()
        with Driver(emulator.port) as driver:
            until(lambda: driver.drain() > 0)


def test_faults_now_and_the_end_of_them() -> None:
    with CytonEmulator(speed=FAST) as emulator, Driver(emulator.port) as driver:
        emulator.inject("mute")
        until(lambda: emulator.dropped > 100)
        emulator.restore()
        until(lambda: emulator.sent > emulator.dropped + 500)
        emulator.finish()
        until(lambda: emulator.finished)
        until(lambda: driver.drain() == 0)
        assert driver.ids.size == emulator.sent - emulator.dropped


def test_a_dead_emulator_is_seen() -> None:
    def broken(start: int, stop: int) -> NDArray[np.float64]:
        raise ZeroDivisionError(f"{start} to {stop}")

    emulator = CytonEmulator(broken).__enter__()
    emulator.port.write_bytes(b"b")
    until(emulator._running.done)
    with pytest.raises(ZeroDivisionError):
        emulator.__exit__()


def test_scripts_are_read_as_written() -> None:
    assert parse_script("unplug@9000:3s drop@1000:45 rail@5:2s#3 reset@7", 250.0) == [
        Fault("rail", 5, 500, channel=3),
        Fault("reset", 7),
        Fault("drop", 1000, 45),
        Fault("unplug", 9000, 750),
    ]


@pytest.mark.parametrize("word", ["drop", "drop@x", "explode@5", "drop@5:", "drop@5:1m"])
def test_what_is_no_fault_is_refused_by_name(word: str) -> None:
    with pytest.raises(ValueError, match=f"'{word}' is no fault.*unplug"):
        parse_script(f"drop@1:1 {word}", 250.0)


def test_random_scripts_are_reproducible_and_of_every_kind() -> None:
    script = random_script(4, 40_000, 20)
    faults = parse_script(script, 250.0)
    assert script == random_script(4, 40_000, 20) != random_script(5, 40_000, 20)
    assert {fault.kind for fault in faults} == (SAMPLES | STATES).keys() - {"half"}
    assert all(a.end + 250 < b.at for a, b in pairwise(faults))
    assert faults[-1].end < 40_000 * 250


def test_signals() -> None:
    recording = np.arange(12.0).reshape(2, 6)
    assert played(recording)(4, 9).tolist() == [[4, 5], [10, 11]]
    assert looped(recording)(4, 8).tolist() == [[4, 5, 0, 1], [10, 11, 6, 7]]
    assert to_counts(np.array([1.0, 1e9, -1e9]) * COUNT_UV).tolist() == [1, FULL_SCALE, -(2**23)]
