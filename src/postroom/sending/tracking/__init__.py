"""What recipients do with messages: openings and clicks, and what they choose to get."""
