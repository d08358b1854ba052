"""SMPP 3.4: a bound connection to a provider, messages over it, and what phones send back."""
