"""The older spelling (seed 004): parameters wherever they stand, envelopes, JSON, CSV and XML."""
