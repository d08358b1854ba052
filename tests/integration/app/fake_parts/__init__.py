"""Parts that behave, or not, for the tests of the supervisor."""
