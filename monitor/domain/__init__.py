"""The words everybody shares: stages, channels, messages in, events out, errors."""
