"""A device's process: what it sends, how it fails, and that it harms nobody else."""

import os
import signal
import time

import numpy as np
import pytest
from service_server import eventually

from monitor.domain.errors import SourceError
from monitor.sources.board import open_board
from monitor.sources.spec import parse_spec
from service.device import DeviceLink, open_live
from service.errors import SettingsError
from service.settings import load_settings
from service.station import Station
from tests.cyton.emulator import CytonEmulator
from tests.cyton.live import number_of, read_until

SYNTHETIC = "board:synthetic?channels=1:C3-M2,4:EOG-L"


@pytest.fixture
def link():
    link = DeviceLink(SYNTHETIC)
    yield link
    link.disconnect()


def drained(link, n_samples, within_s=20.0):
    batches, deadline = [], time.monotonic() + within_s
    while sum(batch.lost.size for batch in batches) < n_samples:
        assert time.monotonic() < deadline
        batches.append(link.drain())
        time.sleep(0.02)
    return np.hstack([batch.data for batch in batches])


def test_it_is_the_link_that_the_spec_names(link):
    direct = open_board("synthetic", {"channels": "1:C3-M2,4:EOG-L"})
    assert (link.sfreq, link.montage, link.once) == (direct.sfreq, direct.montage, direct.once)
    link.connect()
    data = drained(link, 300)
    spectrum = np.abs(np.fft.rfft(data[:, :250] - data[:, :250].mean(axis=1, keepdims=True)))
    assert spectrum.argmax(axis=1).tolist() == [5, 20]
    link.mark(12.0)
    assert link.flush().lost.size < 300


def test_why_it_cannot_connect_is_told():
    link = DeviceLink("board:cyton?port=/dev/there-is-none")
    with pytest.raises(SourceError, match="is the dongle plugged in"):
        link.connect()


def test_a_driver_that_dies_is_a_lost_connection_and_can_be_had_again(link):
    link.connect()
    drained(link, 10)
    os.kill(link._process.pid, signal.SIGSEGV)
    with pytest.raises(SourceError, match="process has ended"):
        drained(link, 10_000)
    with pytest.raises(SourceError, match="process has ended"):
        link.drain()
    link.connect()
    drained(link, 10)


def test_what_came_before_a_failure_is_not_lost_with_it():
    with CytonEmulator() as board:
        link = DeviceLink(f"board:cyton?port={board.port}&channels=1:C3-M2")
        link.connect()
        seen = drained(link, 250).shape[1]
        board.inject("unplug")
        eventually(lambda: not board.port.exists())
        why = ""
        while not why:
            try:
                seen += link.drain().lost.size
            except SourceError as error:
                why = str(error)
        link.disconnect()
        assert "is gone" in why
        assert seen == board.sent - board.dropped


def test_it_can_be_let_go_while_it_is_being_connected():
    with CytonEmulator(slow_start_s=30) as board:
        source = open_live_of(f"board:cyton?port={board.port}&channels=1:C3-M2")
        source.read()
        time.sleep(0.1)
        began = time.monotonic()
        source.close()
        assert time.monotonic() - began < 5


def open_live_of(spec):
    return open_live(parse_spec(spec))


def test_a_board_that_is_off_holds_no_other_up():
    with CytonEmulator() as sound, CytonEmulator() as off:
        off.inject("off")
        first = open_live_of(f"board:cyton?port={sound.port}&channels=1:C3-M2")
        second = open_live_of(f"board:cyton?port={off.port}&channels=1:C3-M2")
        try:
            items = read_until(first, lambda items: len(items) > 2)
            longest, until = 0.0, time.monotonic() + 30
            while second.trouble == "connecting":
                assert time.monotonic() < until
                began = time.monotonic()
                second.read()
                items += first.read()
                longest = max(longest, time.monotonic() - began)
                time.sleep(0.02)
        finally:
            first.close()
            second.close()
    assert "switched on" in second.trouble
    assert longest < 1
    numbers = np.concatenate([number_of(i) for i in items if hasattr(i, "data")])
    assert np.array_equal(np.diff(numbers), np.ones(len(numbers) - 1))
    assert len(numbers) > 6 * 250  # for as long as the other was waited for


def test_one_device_by_two_names_is_refused_at_the_start(tmp_path):
    (tmp_path / "by-id").symlink_to("/dev/ttyUSB7")
    sources = (
        "board:cyton?port=/dev/ttyUSB7&dreamer=a",
        f"board:cyton?port={tmp_path / 'by-id'}&dreamer=b",
    )
    with pytest.raises(SettingsError, match="are the same device"):
        Station(load_settings(sources=sources, data_dir=tmp_path / "data"))
