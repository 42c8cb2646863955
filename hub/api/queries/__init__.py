"""The reads, by noun."""
