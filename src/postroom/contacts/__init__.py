"""The domain: who a contact is, when two are one, what a file asks, what came of it. No I/O."""
