"""A reader who does what a page says, from its top to its end, in a folder of their own."""

import io
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from monitor.domain.errors import DreamwatchError
from monitor.sources.spec import parse_spec
from service.cli import app
from service.client import EventClient, stream_address
from service.policy import read_policy
from service.printing import line
from service.settings import load_settings
from tests.docs.blocks import Block, Shown, agrees, commands_of
from tests.service.service_server import Served, eventually, served

ROOT = Path(__file__).parents[2]
PAGE = "http://127.0.0.1:8000/"

NOT_RUN = {
    "make demo": "goes on until it is stopped; tests/e2e runs it",
    "make test": "is this very suite",
    "dreamwatch serve --config": "its settings are tried where they are shown",
    "dreamwatch serve --source board:cyton": "needs the board; tests/cyton emulates it",
    "dreamwatch doctor board:cyton": "needs the board; tests/cyton emulates it",
    "dreamwatch calibrate night.edf": "needs a night of the wearer that a human scored",
    "dreamwatch score next-night.edf": "needs the night after",
    "dreamwatch report bed-7 --second-opinion": "YASA takes as long as all other commands",
    "dreamwatch simulate night.edf --hours 8": "takes a while; tests/simulator makes some",
    "dreamwatch evaluate": "needs the table of nights; tests/models evaluates",
    "dreamwatch validate": "takes hours; tests/validation runs a short study",
    "dreamwatch usage study": "takes minutes; tests/usage runs a short one",
}
"""Commands that are only parsed, by how they begin, and why."""


class Reader:
    """Does what blocks say, one after the other."""

    def __init__(self, running: ExitStack) -> None:
        self._running = running
        self._served: Served | None = None
        self.names: dict[str, Any] = {"__name__": "example"}
        self._printed = ""

    def follow(self, block: Block) -> None:
        """Do what a block says, or check it."""
        getattr(self, f"_{block.language}")(block)

    def _python(self, block: Block) -> None:
        printed = io.StringIO()
        source = compile(self._here(block.text), str(block), "exec")
        with redirect_stdout(printed):
            exec(source, self.names)  # noqa: S102 - what our own pages say
        self._printed = printed.getvalue()

    def _text(self, block: Block) -> None:
        """Compare with what the Python block before has printed, if it has."""
        if self._printed:
            check(self._printed, block.text, str(block))
        self._printed = ""

    def _toml(self, block: Block) -> None:
        """Read a policy or settings; the first line says as which file."""
        file = Path(re.match(r"# (\S+\.toml)", block.text)[1])
        file.write_text(block.text)
        if re.search(r"^\[(kinds|escalation|wake|eeg)", block.text, re.M):
            read_policy(file)
        else:
            load_settings(file)

    def _json(self, block: Block) -> None:
        json.loads(block.text)

    def _bash(self, block: Block) -> None:
        self._console(block)

    def _console(self, block: Block) -> None:
        for shown in commands_of(block):
            self._try(shown, str(block))

    def _try(self, shown: Shown, where: str) -> None:
        words = shlex.split(shown.command)
        if words[0] == "dreamwatch":
            parse(words)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M), where
        if any(" ".join(words).startswith(command) for command in NOT_RUN):
            return
        printed = self._run(shown.command, words)
        if shown.output:
            check(printed, shown.output, f"{where} {shown.command}")

    def _run(self, command: str, words: list[str]) -> str:
        if given := re.fullmatch(r"export (\w+)=\$\((.+)\)", command):
            os.environ[given[1]] = self._run(given[2], shlex.split(given[2])).strip()
            self._wait_for_tokens()
            return ""
        if words[0] == "curl":
            return self._curl(command)
        if words[0] == "dreamwatch":
            return self._dreamwatch(words[1:])
        raise AssertionError(f"{command!r}: neither known nor in NOT_RUN")

    def _curl(self, command: str) -> str:
        if shutil.which("curl") is None:
            pytest.skip("there is no curl")
        shell = ["bash", "-euc", self._here(command)]
        return subprocess.run(shell, capture_output=True, check=True, text=True).stdout

    def _dreamwatch(self, words: list[str]) -> str:
        special: dict[str, Callable[[], str]] = {
            "serve": lambda: self._serve(words),
            "watch": self._watch,
        }
        try:
            if words[0] in special:
                return special[words[0]]()
            result = CliRunner().invoke(app, words, catch_exceptions=False)
        except DreamwatchError as error:
            return f"dreamwatch: {error}\n"
        assert result.exit_code == 0, f"{words}: {result.output}"
        return result.output

    def _serve(self, words: list[str]) -> str:
        """Serve as the command would, recordings as fast as possible, until they have ended."""
        given = parse(["dreamwatch", *words])
        load_settings(sources=given["source"], host=given["host"])
        specs = [re.sub(r"speed=\d+", "speed=0", spec) for spec in given["source"]]
        self._served = self._running.enter_context(served(load_settings().data_dir, *specs))
        for spec in map(parse_spec, specs):
            if spec.speed == 0:
                eventually(lambda dreamer=spec.dreamer: self._has_ended(dreamer), 60)
        return "".join(f"watches {spec}\n" for spec in given["source"])

    def _wait_for_tokens(self) -> None:
        """Wait until the service knows that there are tokens: it looks every few seconds."""
        me = f"{self._served.http.base_url}api/v1/me"
        eventually(lambda: self._served.http.get(me).status_code == 401)

    def _has_ended(self, dreamer: str) -> bool:
        session = self._served.station.describe(dreamer)["session"]
        return session is not None and session["status"] == "ended"

    def _watch(self) -> str:
        """Print what the command would have printed from the beginning."""
        lines = []
        for message in EventClient(self._served.ws, cursor={}).follow():
            if message["type"] == "heartbeat":
                return "\n".join(lines)
            if text := line(message):
                lines.append(text.plain)
        raise AssertionError("the stream has no end")

    def _here(self, text: str) -> str:
        """Replace the address of the pages by that of the service which runs."""
        if self._served is None:
            return text
        page = str(self._served.http.base_url)
        return text.replace(stream_address(PAGE), stream_address(page)).replace(PAGE, page)


def parse(words: list[str]) -> dict[str, Any]:
    """Parse a command as the command line does; return what its options come to."""
    command, rest = typer.main.get_command(app), words[1:]
    while hasattr(command, "list_commands"):
        command, rest = command.get_command(None, rest[0]), rest[1:]
        assert command is not None, words
    given: dict[str, Any] = command.make_context(words[0], list(rest)).params
    for spec in given.get("source") or [given[n] for n in ("spec",) if n in given]:
        parse_spec(spec)
    return given


def check(printed: str, shown: str, where: str) -> None:
    assert agrees(printed, shown), f"{where} shows\n{shown}\nbut it prints\n{printed}"
