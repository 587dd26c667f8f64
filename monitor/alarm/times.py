"""Moments are Unix seconds taken to the millisecond, so that sums of durations compare exactly."""


def ms(at: float) -> float:
    """Take a time to the millisecond: shorter than a sample of any EEG amplifier matters."""
    return round(at, 3)
