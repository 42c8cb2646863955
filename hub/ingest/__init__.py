"""The write path: accept and process, two durable steps."""
