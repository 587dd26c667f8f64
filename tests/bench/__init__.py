"""Speed, memory and agreement, measured in one run: ``make bench``.

Absolute times are those of the machine it runs on; the ratios compare two things of the same run.
"""
