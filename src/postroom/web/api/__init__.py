"""The API: its operations, and the two spellings that lead to them."""
