"""Connectors of the family ``email``."""
