"""Journey Hub: one customer timeline from every source, over one GraphQL schema."""

__version__ = "0.1.0"
