"""Files out: OUT flows, what happened since the last file, day by day (seed 002; specs, OUT flows)."""
