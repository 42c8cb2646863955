"""Tryton's parties, invoices and payments."""
