"""Whether alarms come when they should, and only then: nights with planted faults, counted."""
