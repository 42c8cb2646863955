"""The writes, by noun."""
