"""Bluesky: one account's notifications."""
