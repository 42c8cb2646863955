"""Connectors of the family ``accounting``."""
