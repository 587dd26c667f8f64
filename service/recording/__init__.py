"""Recordings of live sessions: EDF+ or BDF+ files that survive a killed process."""

from service.recording.recording import Recording
from service.recording.recover import Recovered, recover

__all__ = ["Recording", "Recovered", "recover"]
