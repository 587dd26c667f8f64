"""Killed again and again, a service loses nothing for those who follow it."""

import asyncio

import pytest

from tests.e2e.reconcile import reconcile

pytestmark = pytest.mark.e2e


def test_two_programs_reconcile_with_the_log_of_a_service_that_is_killed(tmp_path):
    found = asyncio.run(reconcile(tmp_path, n_events=20_000, kills=3))
    assert found.faults == 0, found
    assert found.events >= 20_000
    assert found.reconnections >= 3
    assert found.told_again_to_the_restarted > 0
