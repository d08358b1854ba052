"""What happens to every request, whatever it asks for: it is named, bounded, and answered with care."""
