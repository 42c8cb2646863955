"""Connectors of the family ``generic``."""
