"""A real service on emulated boards in trouble, in real time: ``make soak``.

The service is the process that a user starts, with BrainFlow's own driver; the boards number
their samples in a channel that is recorded, so that each can be looked up where it was put.
"""
