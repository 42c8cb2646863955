"""Work that nobody waits for: pulls by the clock, notifications, messages to endpoints."""
