"""An OpenBCI Cyton on a pseudo-terminal, for BrainFlow's real driver to talk to."""
