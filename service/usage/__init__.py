"""The account of dream time: kept across nights, imported, asked for, limited."""
