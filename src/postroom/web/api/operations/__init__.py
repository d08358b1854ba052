"""What the API can do, once: both spellings call these functions and translate what they return."""
