"""The account of dream time."""
