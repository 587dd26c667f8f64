"""The alarm engine: conditions, one state table, the wake protocol."""
