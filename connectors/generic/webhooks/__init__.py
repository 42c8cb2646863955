"""The parts of ``generic.webhook``."""
