"""What Postroom shows over HTTP."""
