"""Stripe: customers, subscriptions, invoices, payments, refunds and disputes of one account."""
