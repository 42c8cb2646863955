"""Connectors of the family ``social``."""
