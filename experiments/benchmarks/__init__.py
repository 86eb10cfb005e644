"""Benchmarks against named peers and public data; each prints its figures and the command that makes them again."""
