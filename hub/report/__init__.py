"""The portfolio drawn as one page."""
