"""Contact folders: one directory per action, CSV files in, reports beside them (seed 000)."""
