"""Coverage-guided fuzzing: `make fuzz`. No test of pytest's."""
