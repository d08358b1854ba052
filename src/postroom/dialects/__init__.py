"""Foreign file languages: what they expect of us, what their files mean, what we answer. No I/O."""
