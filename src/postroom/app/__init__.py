"""Wiring: settings, the embedded database, certificates, logs, and the processes of a running Postroom."""
