"""Providers as operators describe them in a file: who they are, how to speak to them, what they mean."""
