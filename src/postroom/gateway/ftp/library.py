"""The parts of pyftpdlib that we build on, in one place; it has no types, so they are Any to the checker.

`ioloop` comes first: importing it silences the deprecation of asyncore, on which pyftpdlib stands.
"""

from __future__ import annotations

from pyftpdlib import ioloop
from pyftpdlib.handlers.ftp.control import FTPHandler
from pyftpdlib.handlers.ftp.dispatchers import ActiveDTP, PassiveDTP
from pyftpdlib.handlers.ftp.producers import BufferedIteratorProducer, FileProducer
from pyftpdlib.handlers.ftps.control import TLS_FTPHandler
from pyftpdlib.handlers.ftps.data import TLS_DTPHandler

__all__ = [
    "ActiveDTP",
    "BufferedIteratorProducer",
    "FTPHandler",
    "FileProducer",
    "IOLoop",
    "PassiveDTP",
    "TLS_DTPHandler",
    "TLS_FTPHandler",
]

IOLoop = ioloop.IOLoop
