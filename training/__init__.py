"""Fitting, evaluation, tracking, registry and the command line."""
