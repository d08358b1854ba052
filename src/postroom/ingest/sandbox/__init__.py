"""Reading deposited files where they can do no harm: each in a process with limits, no network, no files."""
