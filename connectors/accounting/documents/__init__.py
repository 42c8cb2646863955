"""Invoices and credit notes as XML: UBL, CII, and PDF files that carry either."""
