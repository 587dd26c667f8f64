"""Raw Sleep-EDF Expanded files: pairs, stages, the crop to sleep, and features as live ones."""

import datetime
import itertools
import shutil
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import edfio
import numpy as np
import pytest
from scipy.signal import lfilter
from typer.testing import CliRunner

from models.data import IGNORED, load_nights, save_nights
from models.sleep_edfx import CHANNELS, MARGIN_EPOCHS, find_recordings, read_labels, read_nights
from monitor.domain.config import SessionConfig
from monitor.domain.errors import DreamwatchError, ModelError, SourceError
from monitor.domain.inputs import Chunk
from monitor.domain.stage import EPOCH_S, STAGES
from monitor.session import MonitorSession
from monitor.sources.edf import open_edf
from monitor.sources.simulator import open_simulator
from monitor.staging.bundle import load_bundle
from monitor.staging.stager import Stager
from service.cli import app

SFREQ = 100
EVENING, MORNING, RUN_ON = 80, 70, 40
"""Epochs awake before and after the simulated night, and unscored ones after the cassette's end."""
R_AND_K = [["W"], ["1"], ["2"], ["3", "4"], ["R"]]
"""How Rechtschaffen and Kales spell each of `STAGES`."""
STARTED = datetime.date(1989, 4, 24), datetime.time(16, 13)
CLI = CliRunner()


def simulate(seed, hours=1.2):
    """Signal of a whole cassette, shape (3, n_samples), and its labels."""
    params = {"hours": hours, "sfreq": SFREQ, "seed": seed, "channels": "Fpz-Cz,Pz-Oz,E1-E2"}
    source = open_simulator({name: str(value) for name, value in params.items()})
    night = []
    while (inputs := source.read()) is not None:
        night += [item.data for item in inputs if isinstance(item, Chunk)]
    rng = np.random.default_rng(seed)
    white = (rng.normal(0, 6, (3, n * EPOCH_S * SFREQ)) for n in (EVENING, MORNING))
    evening, morning = (lfilter([1.0], [1.0, -0.95], noise) for noise in white)
    stages = [STAGES.index(stage) for stage in source.truth()]
    signal = np.concatenate([evening, *night, morning], axis=1)
    return signal, np.array([0] * EVENING + stages + [0] * MORNING, dtype=np.int8)


def write_psg(path, signal, started=STARTED[1], names=CHANNELS):
    """Write as the cassettes are: records of 30 s, and slow channels beside."""
    limits = {"physical_dimension": "uV", "physical_range": (-2000, 2000)}
    signals = [
        edfio.EdfSignal(row, SFREQ, label=name, **limits)
        for name, row in zip(names, np.clip(signal, -2000, 2000), strict=True)
    ]
    warm = np.full(signal.shape[1] // SFREQ, 37.0)
    signals.append(edfio.EdfSignal(warm, 1, label="Temp rectal", physical_range=(34, 40)))
    recording = edfio.Recording(startdate=STARTED[0])
    edf = edfio.Edf(signals, recording=recording, starttime=started, data_record_duration=30)
    edf.write(path)


def write_hypnogram(path, annotations):
    edf = edfio.Edf(
        [],
        recording=edfio.Recording(startdate=STARTED[0]),
        starttime=STARTED[1],
        annotations=[edfio.EdfAnnotation(*annotation) for annotation in annotations],
    )
    edf.write(path)


def spells(labels):
    """Annotations of a hypnogram: one for each spell of a stage, N3 in turns as S3 and S4."""
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    result = []
    for i, (a, b) in enumerate(itertools.pairwise(edges)):
        names = R_AND_K[labels[a]] if labels[a] != IGNORED else None
        text = f"Sleep stage {names[i % len(names)]}" if names else "Movement time"
        result.append((a * EPOCH_S, (b - a) * EPOCH_S, text))
    return [*result, (len(labels) * EPOCH_S, RUN_ON * EPOCH_S, "Sleep stage ?")]


@pytest.fixture(scope="module")
def truth():
    """Signal and labels of each file; in one there is movement, in one an electrode comes off."""
    nights = {name: simulate(seed) for seed, name in enumerate(["001E", "002E", "071F"])}
    nights["001E"][1][EVENING + 60] = IGNORED
    nights["002E"][0][1, (EVENING + 70) * EPOCH_S * SFREQ :][: 2 * EPOCH_S * SFREQ] = 0.0
    return nights


@pytest.fixture(scope="module")
def folder(truth, tmp_path_factory):
    """Folder as MNE's fetcher leaves it."""
    root = tmp_path_factory.mktemp("mne_data")
    folder = root / "physionet-sleep-data"
    folder.mkdir()
    for (name, (signal, labels)), scorer in zip(truth.items(), "CHW", strict=True):
        write_psg(folder / f"SC4{name}0-PSG.edf", signal)
        write_hypnogram(folder / f"SC4{name}{scorer}-Hypnogram.edf", spells(labels))
    (folder / "ST7011J0-PSG.edf").touch()
    return root


@pytest.fixture(scope="module")
def read(folder):
    return read_nights(folder)


@pytest.fixture
def one(folder, tmp_path):
    """A folder of one night that a test may damage, with the paths of its files."""
    found = find_recordings(folder)[0]
    psg, hypnogram = (Path(shutil.copy(path, tmp_path)) for path in (found.psg, found.hypnogram))
    return SimpleNamespace(folder=tmp_path, psg=psg, hypnogram=hypnogram)


def cropped(labels):
    asleep = np.flatnonzero(labels > 0)
    return slice(max(asleep[0] - MARGIN_EPOCHS, 0), asleep[-1] + 1 + MARGIN_EPOCHS)


def test_nights_are_numbered_by_their_names_and_cropped_to_sleep(read, truth):
    assert [(night.subject, night.night) for night in read] == [(0, 1), (0, 2), (7, 1)]
    for night, (_, labels) in zip(read, truth.values(), strict=True):
        expected = labels[cropped(labels)]
        same = night.labels == expected
        assert night.log_power.shape == (len(expected), 3, 5)
        assert (night.labels[~same] == IGNORED).all()
        assert night.labels[:MARGIN_EPOCHS].max() == 0 < night.labels[MARGIN_EPOCHS]
        assert np.count_nonzero(~same) == (2 if night.night == 2 else 0)


def test_unusable_eeg_has_no_label_and_movement_none_either(read, truth):
    moved, loose = read[0], read[1]
    assert np.count_nonzero(moved.labels == IGNORED) == 1
    bad = np.isnan(loose.log_power).any(axis=2)
    first = EVENING + 70 - cropped(truth["002E"][1]).start
    np.testing.assert_array_equal(np.argwhere(bad), [[first, 1], [first + 1, 1]])
    assert (loose.labels[bad.any(axis=1)] == IGNORED).all()


def test_features_are_those_of_a_live_session(folder, read, truth, monkeypatch):
    seen, push = set(), Stager.push

    def spy(self, log_power, *args, **kwargs):
        seen.add(log_power.astype(np.float32).tobytes())
        return push(self, log_power, *args, **kwargs)

    monkeypatch.setattr(Stager, "push", spy)
    psg = find_recordings(folder)[2].psg
    source = open_edf(str(psg), {"channels": ",".join(CHANNELS)}, chunk_s=0.37)
    first = cropped(truth["071F"][1]).start * EPOCH_S * SFREQ
    source.seek(first)
    session = MonitorSession(
        SessionConfig("dreamer", "night", 0.0, source.sfreq, source.montage), load_bundle()
    )
    while inputs := source.read():
        for chunk in inputs:
            session.push(Chunk(chunk.data, chunk.first_sample - first))
    source.close()
    assert {epoch.tobytes() for epoch in read[2].log_power} <= seen


def test_the_saved_table_gives_the_same_nights(read, tmp_path):
    path = tmp_path / "table"
    save_nights(path, read)
    for night, again in zip(read, load_nights(path), strict=True):
        assert (night.subject, night.night) == (again.subject, again.night)
        np.testing.assert_array_equal(night.log_power, again.log_power)
        np.testing.assert_array_equal(night.labels, again.labels)
    with np.load(path) as table:
        kinds = {name: str(table[name].dtype) for name in table}
    assert kinds == {
        "log_power": "float32",
        "labels": "int8",
        "subject": "int16",
        "night": "int8",
        "onset_s": "float32",
    }
    with pytest.raises(ModelError, match=r"nowhere/x\.npz cannot be written: No such file"):
        save_nights(tmp_path / "nowhere" / "x.npz", read)


def test_a_folder_without_recordings_is_named(tmp_path):
    (tmp_path / "ST7011J0-PSG.edf").touch()
    for folder, said in {tmp_path: "holds no Sleep-EDF rec", tmp_path / "x": "is no fold"}.items():
        with pytest.raises(SourceError, match=f"{folder}: {said}"):
            find_recordings(folder)


@pytest.mark.parametrize("gone", ["psg", "hypnogram"])
def test_a_file_that_stands_alone_is_named(one, gone):
    getattr(one, gone).unlink()
    left = {"psg": one.hypnogram, "hypnogram": one.psg}[gone]
    with pytest.raises(SourceError, match=rf"{left.name}: has no SC4001E\*-"):
        find_recordings(one.folder)


def test_a_night_that_is_there_twice_is_named(one):
    shutil.copy(one.hypnogram, one.folder / "SC4001EH-Hypnogram.edf")
    with pytest.raises(SourceError, match=r"EH-Hypnogram\.edf: is of the same night as .*EC-Hyp"):
        find_recordings(one.folder)


@pytest.mark.parametrize("which", ["psg", "hypnogram"])
@pytest.mark.parametrize("content", [b"", b"0       " + b"\xff" * 600])
def test_what_is_no_edf_is_named(one, which, content):
    path = getattr(one, which)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=path.name):
        read_nights(one.folder)


def test_a_missing_channel_is_named(one, truth):
    write_psg(one.psg, truth["001E"][0][:2], names=CHANNELS[:2])
    with pytest.raises(SourceError, match=r"SC4001E0-PSG\.edf: no channel 'EOG horizontal'; it"):
        read_nights(one.folder)


def test_a_hypnogram_that_begins_at_another_time_is_named(one, truth):
    write_psg(one.psg, truth["001E"][0], started=datetime.time(16, 14))
    with pytest.raises(SourceError, match=r"Hypnogram\.edf: begins at .*16\.13\.00.*16\.14\.00"):
        read_nights(one.folder)


W, S2 = "Sleep stage W", "Sleep stage 2"


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ([(0, 300, W), (270, 30, S2)], "'Sleep stage 2' begins at 270 s, expected 300 s"),
        ([(0, 300, W), (330, 30, S2)], "'Sleep stage 2' begins at 330 s, expected 300 s"),
        ([(30, 300, W)], "'Sleep stage W' begins at 30 s, expected 0 s"),
        ([(0, 45, W)], "'Sleep stage W' at 0 s lasts 45 s, expected a multiple of 30 s"),
        ([(0, None, W)], "'Sleep stage W' at 0 s lasts 0 s, expected"),
        ([(0, 30, W), (30, 30, "Lights off")], "'Lights off' at 30 s is no stage"),
        ([(0, 3000, S2)], r"is scored to 3000 s, SC4001E0-PSG\.edf ends at 8820 s"),
        ([(0, 9000, S2)], r"is scored to 9000 s, SC4001E0-PSG\.edf ends at 8820 s"),
        ([(0, 8820, W), (8820, 60, S2)], "is scored to 8880 s"),
        ([(0, 8820, W)], r"no sleep is scored where SC4001E0-PSG\.edf has usable EEG"),
    ],
)
def test_a_hypnogram_that_does_not_fit_is_named_with_the_place(one, annotations, message):
    write_hypnogram(one.hypnogram, annotations)
    with pytest.raises(SourceError, match=rf"SC4001EC-Hypnogram\.edf: {message}"):
        read_nights(one.folder)


def test_sleep_without_signal_is_named(one, truth):
    write_psg(one.psg, np.zeros_like(truth["001E"][0]))
    with pytest.raises(SourceError, match="no sleep is scored where"):
        read_nights(one.folder)


def train(monkeypatch, out, *args):
    """Run the command up to the training; return the nights that it would train on."""
    given = []

    def train_stager(nights, *_):
        given.extend(nights)
        raise KeyboardInterrupt

    command = import_module("service.cli.train")
    monkeypatch.setattr(command, "need_torch", lambda: SimpleNamespace(train_stager=train_stager))
    return CLI.invoke(app, ["train", "--out", str(out), *map(str, args)]), given


@pytest.mark.parametrize(
    "options", [[], ["--features", "--sleep-edfx"], ["--features", "--save-features"]]
)
def test_training_takes_either_a_table_or_a_folder(monkeypatch, tmp_path, options):
    args = [part for option in options for part in (option, tmp_path / "x")]
    result, _ = train(monkeypatch, tmp_path / "out", *args)
    assert isinstance(result.exception, DreamwatchError)
    assert "either --features, or --sleep-edfx" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("blocked", ["out", "out/plots"])
def test_where_nothing_can_be_written_nothing_is_read(monkeypatch, tmp_path, blocked):
    path = tmp_path / blocked
    path.parent.mkdir(exist_ok=True)
    path.touch()
    result, nights = train(monkeypatch, tmp_path / "out", "--features", tmp_path / "nowhere.npz")
    assert isinstance(result.exception, DreamwatchError)
    assert f"{path}: cannot be written: File exists" in str(result.exception)
    assert not nights


def test_a_folder_and_its_saved_table_train_the_same(monkeypatch, tmp_path, one):
    table, out = one.folder / "table.npz", tmp_path / "out"
    result, raw = train(monkeypatch, out, "--sleep-edfx", one.folder, "--save-features", table)
    assert "reading" in result.stderr
    _, again = train(monkeypatch, out, "--features", table)
    assert len(raw) == len(again) == 1
    np.testing.assert_array_equal(raw[0].log_power, again[0].log_power)
    np.testing.assert_array_equal(raw[0].labels, again[0].labels)


@pytest.mark.train
@pytest.mark.skipif(find_spec("torch") is None, reason="needs the train extra: no torch here")
def test_a_model_is_trained_on_raw_files(folder, tmp_path):
    options = ["--folds", "2", "--epochs", "1", "--out", str(tmp_path)]
    result = CLI.invoke(app, ["train", "--sleep-edfx", str(folder), *options])
    assert result.exit_code == 0, result.output
    card = load_bundle(tmp_path / "stager.onnx").card
    assert card["training"]["subjects"] == [0, 7]
    assert card["training"]["nights"] == 3


@pytest.mark.shared_data
def test_the_real_hypnogram_is_read_whole(shared_data):
    labels = read_labels(shared_data / "raw" / "SC4001EC-Hypnogram.edf")
    assert len(labels) * EPOCH_S == 24 * 3600
    assert Counter(labels.tolist()) == {0: 1997, 1: 58, 2: 250, 3: 220, 4: 125, IGNORED: 230}
    asleep = np.flatnonzero(labels > 0)
    assert (asleep[0], asleep[-1]) == (1021, 1741)
    assert (labels[-230:] == IGNORED).all()


@pytest.mark.shared_data
def test_the_real_recording_has_the_channels(shared_data, tmp_path):
    raw = shared_data / "raw"
    shutil.copy(raw / "short_psg.edf", tmp_path / "SC4001E0-PSG.edf")
    hypnogram = tmp_path / "SC4001EC-Hypnogram.edf"
    content = (raw / hypnogram.name).read_bytes()
    assert content[168:184] == (raw / "short_psg.edf").read_bytes()[168:184]
    write_hypnogram(hypnogram, [(0, 60, W), (60, 240, S2)])
    (night,) = read_nights(tmp_path)
    np.testing.assert_array_equal(night.labels, [0] * 2 + [2] * 8)
    assert np.isfinite(night.log_power).all()
