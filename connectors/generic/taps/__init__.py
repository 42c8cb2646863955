"""Singer taps, run as they are: their processes, catalogues and messages."""
