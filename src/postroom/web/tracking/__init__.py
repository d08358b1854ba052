"""What recipients of messages reach: pixel, tracked links, and pages on which they say what they want."""
