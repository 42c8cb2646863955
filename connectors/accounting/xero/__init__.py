"""The books that a company keeps in Xero."""
