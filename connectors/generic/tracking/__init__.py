"""The messages of tracking libraries in the form that Segment documents: how they come, and what they mean."""
