"""Killed at every commit point, a night goes on as if nothing had been: I1, I2, I4 and I8."""

import json
import subprocess
import sys

import pytest
from e2e_process import ROOT

pytestmark = pytest.mark.e2e


def test_a_night_that_is_killed_at_any_commit_is_the_same_night():
    command = [sys.executable, "-m", "tests.e2e.killed"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    story, *deaths = map(json.loads, run.stdout.splitlines())
    assert run.returncode == 0, [death for death in deaths if sum(list(death.values())[2:])]
    said = {tuple(fact[:2]) for fact in story["facts"]}
    assert {("alarm", "UNRESPONSIVE"), ("command", "ack"), ("wake", "CUE")} <= said
    assert [death["n"] for death in deaths] == list(range(1, story["commits"] + 1))
    assert len({death["point"] for death in deaths}) == 3
