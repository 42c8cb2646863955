"""Who is who: pure functions from claims and decisions to customers."""
