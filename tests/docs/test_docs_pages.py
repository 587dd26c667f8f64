"""The pages: every block does what it shows, every link leads somewhere, the wording is there."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.blocks import agrees, blocks_of, commands_of
from tests.docs.reader import NOT_RUN, ROOT, Reader
from tests.docs.reference_events import SECRET, delivered
from tests.service.test_service_page import WORDING

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = {"python", "console", "bash", "toml", "json", "text"}
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
LINKED = [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """Return a reader in an empty folder beside the sample night."""
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATA_DIR": str(tmp_path / "data"), "TOKEN": ""}.items():
        monkeypatch.setenv(f"DREAMWATCH_{name}", value)
    for name, value in {"TZ": "UTC", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as running:
        yield Reader(running)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_does_what_it_shows(page, reader):
    for block in blocks_of(page):
        assert block.language in LANGUAGES, f"{block} is in {block.language!r}"
        reader.follow(block)
    if "is_genuine" in reader.names:
        headers, body = delivered("e1")
        assert reader.names["is_genuine"](headers, body, SECRET)
        assert not reader.names["is_genuine"](headers, body + b" ", SECRET)


def test_what_is_not_run_is_shown_somewhere():
    shown = [s.command for b in BLOCKS if b.language in ("console", "bash") for s in commands_of(b)]
    plain = [command.replace('"', "") for command in shown]
    unused = [name for name in NOT_RUN if not any(c.startswith(name) for c in plain)]
    assert unused == []


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_every_link_and_image_is_there(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings have on the usual hosts."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", ["README.md", "docs/technician.md", "docs/headset-owner.md"])
def test_the_wording_is_there_word_for_word(name):
    text = re.sub(r"^> ?", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.M)
    assert WORDING in " ".join(text.split())


def test_every_page_can_be_reached_from_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in text, page.name


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("a  b\n", "a b", True),
        ("a b\nc", "a b", False),
        ("a b\nc\nd", "a b\n…", True),
        ("slept 3 min of 4", "slept … of 4", True),
        ("slept 3 min of 5", "slept … of 4", False),
        ("07:01:41  bed-7", "23:59:59 bed-7", True),
        ("2026-11-24T05:12:39.138Z", "2026-01-31T23:59:59.123Z", True),
        ("7 epochs", "8 epochs", False),
    ],
)
def test_an_output_that_differs_is_found(printed, shown, same):
    assert agrees(printed, shown) == same
