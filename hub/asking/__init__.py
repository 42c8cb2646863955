"""Asking other servers with patience: budgets, retries, tokens."""
