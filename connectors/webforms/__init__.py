"""Connectors of the family ``webforms``."""
