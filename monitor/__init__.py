"""The core: data in, events out. No clock, no thread, no web, no database."""
