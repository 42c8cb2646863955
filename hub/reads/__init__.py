"""Compiled reads: a GraphQL document becomes one statement whose JSON goes to the client untouched (ADR 0016)."""
