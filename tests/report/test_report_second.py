"""The second opinion: the agreement reckoned by hand, and YASA on the sample night."""

from pathlib import Path

import numpy as np
import pytest
from scripted_night import CH_NAMES, START, epoch, report_on, session, write
from sklearn.metrics import cohen_kappa_score

from monitor.domain.inputs import Chunk, Gap
from monitor.domain.montage import Montage
from monitor.domain.stage import STAGES, Stage
from monitor.sources.edf import open_edf
from service.errors import ServiceError
from service.recording import Recording
from service.report import second
from service.report.night import find_session, read_night, reading
from service.report.page import page
from service.report.second import compare, with_second_opinion
from service.store import Store

SAMPLE = Path(__file__).parents[2] / "sample_data" / "unresponsive-nap.edf"


def test_the_agreement_is_that_of_epochs_which_both_have_staged():
    ours = [Stage.W, Stage.W, Stage.N2, Stage.UNSCORED, Stage.N2, Stage.R]
    report = report_on([session("started", 0), *[epoch(i, s) for i, s in enumerate(ours)]])
    told = compare(report, ["W", "N1", "N2", "N3", "N2", "R", "R"], "Bo", "C3-M2")
    assert (told.n_epochs, told.agreement) == (5, 0.8)
    # chance: W 2*1, N2 2*2, R 1*1, of 5*5
    assert told.kappa == pytest.approx((0.8 - 7 / 25) / (1 - 7 / 25))
    assert told.kappa == pytest.approx(cohen_kappa_score(list("WW22R"), list("W122R")))
    assert told.confusion["W"] == {"W": 1, "N1": 1, "N2": 0, "N3": 0, "R": 0}


def test_without_any_difference_to_be_had_there_is_no_kappa():
    report = report_on([session("started", 0), *[epoch(i, Stage.N2) for i in range(3)]])
    told = compare(report, ["N2"] * 3, "Bo", "C3-M2")
    assert (told.agreement, told.kappa) == (1.0, None)
    with pytest.raises(ServiceError, match="no epoch"):
        compare(report, [], "Bo", "C3-M2")


def test_without_yasa_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(second, "find_spec", lambda _name: None)
    report = report_on([session("started", 0)])
    with pytest.raises(ServiceError, match=r"pip install 'dreamwatch\[bench\]'"):
        with_second_opinion(report, opened(tmp_path, "sim:?seed=1"), tmp_path)


def opened(folder: Path, spec: str):
    with Store(folder) as store:
        write(store, [session("started", 0)], spec=spec)
    with reading(folder) as connection:
        return read_night(connection, find_session(connection, "latest"), "UTC")


def test_yasa_stages_the_recording(tmp_path):
    pytest.importorskip("yasa", reason="needs the bench extra (yasa)")
    source = open_edf(str(SAMPLE), {"channels": "EEG Fpz-Cz,EOG E1-E2"}, chunk_s=300)
    (first,) = source.read()
    source.close()
    record(tmp_path, [first])
    report = report_on([session("started", 0), *[epoch(i, STAGES[i % 5]) for i in range(10)]])
    told = with_second_opinion(report, opened(tmp_path, "board:synthetic?dreamer=bed-7"), tmp_path)
    opinion = told.second_opinion
    assert opinion is not None
    assert (opinion.by.split()[0], opinion.channel) == ("YASA", "EEG C3-M2")
    assert (opinion.n_epochs, len(opinion.stages)) == (10, 10)
    assert sum(sum(row.values()) for row in opinion.confusion.values()) == 10
    written = page(told)
    assert f"{opinion.agreement:.1%}".replace("%", " %") in written
    assert f"Hypnogram by {opinion.by}" in written


def test_a_file_that_was_replayed_is_opened_with_its_own_options(tmp_path):
    night = opened(tmp_path, f"edf:{SAMPLE}?dreamer=bed-7&speed=60&channels=EEG Pz-Oz")
    source = second._open(night, tmp_path)
    assert (source.sfreq, source.montage.ch_names) == (100.0, ("EEG Pz-Oz",))
    source.close()


def record(folder: Path, chunks: list) -> None:
    base = folder / "recordings" / "bed-7" / "night-1"
    recording = Recording(base, START, 100.0, Montage.from_names(["C3-M2", "E1-M2"]), 16, "bed-7")
    for item in chunks:
        recording.push(item)
    recording.close()


def test_of_a_recording_the_best_eeg_is_read_and_what_was_lost_is_zero(tmp_path):
    pytest.importorskip("yasa", reason="needs the bench extra (yasa)")
    signal = np.vstack([np.full(3_000, 20.0), np.full(3_000, -20.0)])
    record(tmp_path, [Chunk(signal, 0), Gap(3_000, 200, "lost"), Chunk(signal, 3_200)])
    night = opened(tmp_path, "board:synthetic?dreamer=bed-7")
    report = report_on([session("started", 0)])
    assert report.recording.ch_names == list(CH_NAMES)
    source = second._open(night, tmp_path)
    read = second._read(source, second._best(report, source))
    source.close()
    assert np.allclose(read[:3_000], 20, atol=0.1)
    assert (read[3_000:3_200] == 0).all()
    with pytest.raises(ServiceError, match=r"needs 300 s of signal, there are 6\d s"):
        with_second_opinion(report, night, tmp_path)
    record(tmp_path, [Chunk(signal, 0)])  # never written over: a second part
    with pytest.raises(ServiceError, match="2 parts"):
        with_second_opinion(report, night, tmp_path)
