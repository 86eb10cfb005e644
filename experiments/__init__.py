"""Run configurations, benchmarks against peers and public data, and their recorded results."""
