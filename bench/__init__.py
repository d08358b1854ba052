"""Benchmarks: `python -m bench` measures the engine, the time to `ok`, and the gateway, and prints tables."""
