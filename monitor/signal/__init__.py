"""Causal signal path: frames, quality, filter, epochs, band powers."""
