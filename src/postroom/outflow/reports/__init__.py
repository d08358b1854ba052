"""Daily reports: who opened, clicked, opted out; a ZIP for each campaign and one for all (seed 000, 3)."""
