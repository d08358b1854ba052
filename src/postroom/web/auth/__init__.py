"""Who calls the API: tokens, and what they stand for."""
