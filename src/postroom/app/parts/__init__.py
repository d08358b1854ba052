"""The parts of a running Postroom, each for a process of its own: a module with `run(settings, lifetime)`.

The supervisor's table names the modules; a process imports its own part's alone, so that the FTP server does
not carry the bulk engine.
"""
