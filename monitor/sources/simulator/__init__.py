"""Simulated nights: stages as real sleepers have them, signal to match, and things going wrong."""

from monitor.sources.simulator.scenario import SCENARIOS
from monitor.sources.simulator.settings import RAIL_UV
from monitor.sources.simulator.source import SimulatorSource, open_simulator

__all__ = ["RAIL_UV", "SCENARIOS", "SimulatorSource", "open_simulator"]
