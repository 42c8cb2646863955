"""Customer lifetime value: how many purchases and how much money may be expected of a customer, fitted to all of them.

A model is a module: its parameters' names, its log-likelihood with gradient, and what it expects of one history.
``bg_nbd`` and ``pareto_nbd`` say how often somebody buys, ``gamma_gamma`` what a purchase is worth, ``bg_bb`` is for
purchases that can only happen once a period. Time is in whatever unit the model was fitted in; days or weeks.
"""
