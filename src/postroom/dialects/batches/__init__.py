"""Command batches: .dat, .xml and relational .csv files with their .sig (seeds 001 and 003)."""
