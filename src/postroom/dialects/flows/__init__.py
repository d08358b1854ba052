"""OUT flows and partners' files: the dialect that we write and never read (specs, OUT flows section 2)."""
