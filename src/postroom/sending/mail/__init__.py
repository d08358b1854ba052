"""E-mail: return paths, signatures, and the relays that take finished mails."""
