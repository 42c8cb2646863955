"""What a newcomer sees first: a small company's samples, filled into a hub and shown."""
