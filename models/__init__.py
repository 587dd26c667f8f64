"""Training and evaluation of the stager, and the trained artefacts."""
