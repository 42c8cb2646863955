"""Rupali Kitchen, a small shop in Dhaka: its people, what happened, and what its systems export of it."""
