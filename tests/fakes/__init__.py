"""Stand-ins for our own seams, passed in, never patched in."""
