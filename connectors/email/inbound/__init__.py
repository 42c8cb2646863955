"""Mail that a vendor, or a mail server, receives for the company and posts to the hub."""
