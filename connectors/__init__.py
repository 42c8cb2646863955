"""Connectors that come with the hub, each written only against ``hub.sdk``."""
