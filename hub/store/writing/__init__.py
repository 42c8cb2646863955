"""The SQL of the write path, by noun. All functions take the session of the transaction they are part of."""
