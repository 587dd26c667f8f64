"""Simulated nights: stages as real sleepers have them, signal to match, and things going wrong."""

from monitor.sources.simulator.scenario import SCENARIOS
from monitor.sources.simulator.source import SimulatorSource, open_simulator

__all__ = ["SCENARIOS", "SimulatorSource", "open_simulator"]
