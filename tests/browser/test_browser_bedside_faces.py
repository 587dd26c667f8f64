"""The bedside page whose stream the test tells: levels, voice, the morning, accessibility."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import service as package
from tests.browser.bedside_script import SESSION, SILENT, SOUNDING, USAGE, Script, until
from tests.service.service_server import Served, served
from tests.service.test_service_page import WORDING

PAGES = Path(package.__file__).parent / "static" / "bedside"


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Served]:
    """Bed 1, of which nothing comes by itself but the page."""
    night = "sim:?seed=2&hours=0.1&speed=0&dreamer=bed-1"
    with served(tmp_path_factory.mktemp("data"), night) as running:
        yield running


@pytest.fixture
def bed(service, bedside) -> Callable[..., None]:
    return partial(bedside, service)


@pytest.fixture
def script(page) -> Script:
    return Script(page)


# The cue


def test_rounds_rise_and_their_level_is_unknown_without_a_measurement(page, bed, script):
    bed()
    for number, level in enumerate((65, 75, 85), start=1):
        script.wake("CUE", number, level)
        page.get_by_text(f"Round {number} of 3 · level unknown").wait_for()
        until(page, SOUNDING)
        script.wake("LISTEN", number)
        until(page, SILENT)
    assert page.evaluate("tones.map(({gain}) => gain)") == pytest.approx([0.1, 0.316, 1], abs=1e-3)


def test_a_measured_device_gives_what_is_asked_for_or_says_what_it_reaches(page, bed, script):
    bed(ready=False)
    page.get_by_role("button", name="Play the reference tone").click()
    until(page, SOUNDING)
    page.get_by_label("Sound level at the pillow").fill("60")
    page.get_by_role("button", name="Keep").click()
    until(page, SILENT)
    page.get_by_text("Cues reach 80 dBA at most").wait_for()
    page.reload()
    page.get_by_role("button", name="Ready for the night").click()
    page.wait_for_selector("[data-sound=unlocked]")
    script.wake("CUE", 1, 75)
    page.get_by_text("Round 1 of 3 · 75 dBA").wait_for()
    until(page, "tones.length === 1")
    script.wake("CUE", 2, 85)
    page.get_by_text("85 dBA asked for, this device reaches 80 dBA").wait_for()
    until(page, "tones.length === 2")
    expected = [0.1 * 10 ** (15 / 20), 1]
    assert page.evaluate("tones.map(({gain}) => gain)") == pytest.approx(expected, abs=1e-3)


def test_no_cue_is_louder_than_asked_for_or_than_the_cap(page, bed):
    bed(ready=False)
    given = page.evaluate(
        """async () => {
          const { loudness, REFERENCE_GAIN } = await import("/bedside/assets/loudness.js");
          const found = [];
          for (let asked = 40; asked <= 130; asked += 5)
            for (let measured = 30; measured <= 110; measured += 5) {
              const { gain, level } = loudness(asked, measured);
              found.push([asked, measured + 20 * Math.log10(gain / REFERENCE_GAIN), level, gain]);
            }
          return found;
        }"""
    )
    for asked, arrives, level, gain in given:
        assert arrives <= min(asked, 100) + 1e-9
        assert arrives == pytest.approx(level)
        assert 0 < gain <= 1


def test_the_name_is_called_in_the_pauses_and_remembered(page, bed, script):
    bed(ready=False)
    page.get_by_label("Called in the pauses").fill("Anna")
    page.reload()
    page.get_by_role("button", name="Ready for the night").click()
    script.wake("CUE", 1, 65)
    page.get_by_role("heading", name="Wake up, Anna").wait_for()
    until(page, "spoken.some(({text}) => text.startsWith('Anna'))")
    said = page.evaluate("spoken.findLast(({text}) => text.startsWith('Anna'))")
    assert said["volume"] == pytest.approx(0.1)


def test_a_cue_ends_in_time_though_the_connection_is_lost(page, bed, script):
    bed()
    script.wake("CUE", 1, 65, lasts_s=1)
    until(page, SOUNDING)
    script.hang_up()
    page.get_by_text("NOT MONITORED").wait_for()
    until(page, SILENT, within_s=2)
    page.wait_for_timeout(700)
    assert not page.evaluate("sounding()")


def test_before_it_is_touched_the_page_warns_that_it_is_silent(page, bed, script):
    bed(ready=False)
    page.get_by_text("No sound yet.").wait_for()
    script.wake("CUE", 1, 65)
    page.get_by_role("heading", name="Wake up").wait_for()
    assert not page.evaluate("sounding()")
    page.get_by_role("button", name="Switch the sound on").click()
    until(page, SOUNDING)
    page.get_by_text("No sound yet.").wait_for(state="hidden")


# The answer


def test_what_is_refused_is_said_and_not_tried_again(page, bed, script, troubles):
    troubles.expect("422")
    problem = json.dumps({"error": "invalid", "detail": "ink"})
    page.route("**/respond", lambda route: route.fulfill(status=422, body=problem))
    bed()
    script.wake("LISTEN")
    page.get_by_role("button", name="I am awake").click()
    page.get_by_text("Not taken: ink").wait_for()


def test_an_answer_that_nobody_has_heard_makes_nothing_calm(page, bed, script, troubles):
    troubles.expect("respond", "ERR_FAILED")
    page.route("**/respond", lambda route: route.abort())
    bed()
    page.get_by_role("button", name="I am awake").click()
    page.get_by_text("Not sent yet. Trying again: no connection").wait_for()
    script.hang_up()
    page.wait_for_selector("[data-scene=night][data-coverage=NOT_MONITORED]")
    assert page.get_by_text("Not sent yet").is_visible()
    page.route("**/respond", lambda route: route.fulfill(body="{}"))
    page.wait_for_selector("[data-scene=morning]")


def test_an_answer_older_than_a_minute_is_void(page, bed, script, troubles):
    troubles.expect("respond", "ERR_FAILED")
    page.clock.install()
    page.route("**/respond", lambda route: route.abort())
    bed()
    script.wake("LISTEN")
    page.get_by_role("button", name="I am awake").click()
    page.get_by_text("Not sent yet").wait_for()
    page.clock.fast_forward(61_000)
    page.get_by_text("Press again.").wait_for()


def test_a_childs_answer_needs_a_grown_up(page, bed, script):
    page.route("**/respond", lambda route: route.fulfill(body="{}"))
    bed()
    script.tell("session", **SESSION | {"profile": "child"})
    script.wake("LISTEN")
    page.get_by_role("button", name="I am awake").click()
    page.get_by_text("A grown-up must see that you are awake.").wait_for()


# The voice

MICROPHONE = """
const context = new AudioContext();
const voice = new GainNode(context, { gain: 0 });
const microphone = new MediaStreamAudioDestinationNode(context);
const tone = new OscillatorNode(context, { frequency: 500 });
tone.connect(voice).connect(microphone);
tone.start();
navigator.mediaDevices.getUserMedia = async () => (await context.resume(), microphone.stream);
window.speak = (gain) => (voice.gain.value = gain);
"""


@pytest.fixture
def answered_by(page) -> list[str]:
    """By what the page answered."""
    answers = []

    def take(route):
        answers.append(json.loads(route.request.post_data)["by"])
        route.fulfill(body="{}")

    page.route("**/respond", take)
    return answers


def test_a_voice_counts_while_the_page_listens_and_only_then(page, bed, script, answered_by):
    page.add_init_script(MICROPHONE)
    bed(ready=False)
    page.get_by_label("A voice also counts").check()
    page.get_by_text("Say something").wait_for()
    page.get_by_role("button", name="Ready for the night").click()
    page.wait_for_timeout(300)
    script.wake("CUE", 1, 65)
    page.evaluate("speak(0.3)")
    page.wait_for_timeout(900)
    assert answered_by == []
    page.evaluate("speak(0)")
    script.wake("LISTEN")
    page.wait_for_timeout(900)
    page.evaluate("speak(0.3); setTimeout(() => speak(0), 250)")  # a cough
    page.wait_for_timeout(600)
    assert answered_by == []
    page.evaluate("speak(0.3)")
    page.get_by_text("The service has heard you.").wait_for()
    assert answered_by == ["voice"]


def test_without_a_microphone_only_the_button_counts(page, bed, script, answered_by):
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())")
    bed(ready=False)
    page.get_by_label("A voice also counts").click()
    page.get_by_text("The microphone is not allowed here").wait_for()
    assert not page.get_by_label("A voice also counts").is_checked()
    script.wake("LISTEN")
    page.get_by_role("button", name="I am awake").click()
    page.get_by_text("The service has heard you.").wait_for()
    assert answered_by == ["button"]


# The morning


def fall_asleep_and_wake(script: Script) -> None:
    script.tell("session", **SESSION)
    for index in range(12):
        script.tell("epoch", session="s1", index=index, stage="N2" if index < 2 else "W")


def test_awake_for_five_minutes_after_sleep_the_page_tells_the_account(page, bed, script):
    bed()
    fall_asleep_and_wake(script)
    script.tell("usage", **USAGE)
    fact = page.get_by_text("You have used 80 % of your dream time of the last 24 h.")
    fact.wait_for()
    page.get_by_text("You have used 50 % of your sleep time of the last 24 h.").wait_for()
    assert "7 h 12" in page.locator(".account").inner_text()
    assert "1 h 52 of 2 h 20" in page.locator(".account").inner_text()
    page.locator(".checks li", has=fact).get_by_role("button", name="Dismiss").click()
    fact.wait_for(state="hidden")
    script.tell("usage", **USAGE)
    page.get_by_text("50 %").wait_for()
    assert fact.count() == 0
    script.tell("epoch", session="s1", index=12, stage="N1")
    page.wait_for_selector("[data-scene=night]")


def test_nothing_is_told_to_a_sleeper_or_to_one_who_has_not_slept(page, bed, script):
    bed()
    script.tell("session", **SESSION)
    script.tell("usage", **USAGE)
    for index in range(12):
        script.tell("epoch", session="s1", index=index, stage="W")
    page.wait_for_timeout(200)
    assert page.locator("[data-scene=night]").count() == 1
    assert not page.locator(".checks").is_visible()


def test_going_back_to_the_night_is_one_touch(page, bed, script):
    bed()
    fall_asleep_and_wake(script)
    page.get_by_role("button", name="Back to the night").click()
    page.wait_for_selector("[data-scene=night]")


# Everybody can use it

SIGNED_OUT = json.dumps({"error": "not_signed_in", "detail": "sign in at /login"})


@pytest.mark.parametrize("face", ["night", "waking"])
@pytest.mark.parametrize("size", [(740, 360), (590, 410), (360, 640)], ids=str)
def test_the_button_and_what_became_of_it_are_in_view(page, bed, script, troubles, size, face):
    troubles.expect("401", "WebSocket")
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    bed(ready=face == "night")
    if face == "waking":
        script.wake("CUE", 1, 65)
        page.get_by_role("button", name="Switch the sound on").wait_for()
    page.wait_for_selector(f"[data-scene={face}]")
    assert is_in_view(page, "#awake")
    page.route("**/api/v1/**", lambda route: route.fulfill(status=401, body=SIGNED_OUT))
    page.locator("#awake").click()
    page.get_by_text("Not taken: sign in at /login").wait_for()
    script.hang_up()
    page.locator("#sign-in").wait_for()
    page.wait_for_selector(f"[data-scene={face}][data-coverage=NOT_MONITORED]")
    assert is_in_view(page, "#awake")
    assert is_in_view(page, "#heard")


def is_in_view(page, selector: str) -> bool:
    """Whether all of it is seen without scrolling."""
    page.evaluate("scrollTo(0, 0)")
    box = page.locator(selector).bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


@pytest.mark.parametrize("face", ["evening", "night", "waking", "morning"])
def test_every_face_is_accessible(page, bed, script, axe, face):
    page.emulate_media(reduced_motion="reduce")
    bed(ready=face != "evening")
    if face == "morning":
        fall_asleep_and_wake(script)
        script.tell("usage", **USAGE)
    if face == "waking":
        script.wake("CUE", 1, 65)
    for script.coverage in ("MONITORED", "NOT_MONITORED"):
        script.beat()
        page.wait_for_selector(f"[data-scene={face}][data-coverage={script.coverage}]")
        assert axe(page) == []


@pytest.mark.usefixtures("script")
def test_the_wording_is_there_word_for_word(page, bed):
    bed()
    assert page.locator("footer").inner_text() == WORDING
    assert page.locator("footer").is_visible()


def test_no_script_or_style_is_inline_and_modules_are_there():
    for file in PAGES.glob("*.html"):
        text = file.read_text()
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text) == []
    for file in PAGES.glob("assets/*.js"):
        for name in re.findall(r'from "([^"]+)"', file.read_text()):
            assert (file.parent / name).is_file(), name
        assert "innerHTML" not in file.read_text()
