"""What a customer's touchpoints add up to: stage, standing, value, path and matters.

Everything here is a pure function of its arguments: no session, no clock, no network.
"""
