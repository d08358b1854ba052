"""Commands for operators: start, migrate, look, and set right."""
