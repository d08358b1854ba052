"""The TLS context of FTPS."""

from __future__ import annotations

from typing import Final

from OpenSSL import SSL

from postroom.contacts.errors import Refused
from postroom.gateway.ftp.config import FtpConfig

_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL"


def server_context(config: FtpConfig) -> SSL.Context | None:
    """Return the context for this server's certificate, or None when there is none.

    TLS 1.2 only: under 1.3 the server sends session tickets after the handshake of a data connection. A
    client that uploads and closes without reading them resets it, and the reset discards what was not read
    yet. Measured: 7 of 12 uploads by lftp truncated, and answered as whole; pyOpenSSL cannot switch the
    tickets off. Raises Refused when certificate or key cannot be used.
    """
    if config.certificate is None:
        return None
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    # Renegotiation lets a client make us work for nothing, and would let a read wait for a write.
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_cipher_list(_CIPHERS)
    # Clients reuse the session of the control connection for data connections.
    context.set_session_id(b"postroom")
    try:
        context.use_certificate_chain_file(str(config.certificate))
        context.use_privatekey_file(str(config.key or config.certificate))
        context.check_privatekey()
    except (SSL.Error, OSError) as error:
        raise Refused(f"The certificate {config.certificate} or its key cannot be used: {error}") from error
    return context
