"""The books that a company keeps in QuickBooks Online."""
