"""A small IMAP server (RFC 3501) with one mailbox, as much of it as a reader of mails meets."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import Self

PASSWORD = "letmein-imap"


@dataclass
class StoredMail:
    raw: bytes
    flags: set[str] = field(default_factory=set)
    folder: str = "INBOX"


class ImapServer:
    """Mails by UID; `refuses` are commands that get NO, `offers` what it can do beside IMAP4rev1."""

    def __init__(self, tls: ssl.SSLContext, *, implicit: bool = True, offers: str = "MOVE") -> None:
        self.mails: dict[int, StoredMail] = {}
        self.refuses: set[str] = set()
        self.commands: list[str] = []
        self.offers = offers
        self.tls = tls
        self.implicit = implicit
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with closing(Talk(outer, self)) as talk:
                    talk.run()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                """A client that hangs up, or does not believe the certificate, is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def put(self, raw: bytes) -> int:
        uid = len(self.mails) + 1
        self.mails[uid] = StoredMail(raw)
        return uid

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Talk:
    def __init__(self, server: ImapServer, handler: socketserver.StreamRequestHandler) -> None:
        self.server = server
        self.connection = handler.connection
        if server.implicit:
            self._wrap()
        self._read()

    def close(self) -> None:
        self.file.close()
        self.connection.close()

    def run(self) -> None:
        self.say(f"* OK [CAPABILITY IMAP4rev1 {self.server.offers}] ready")
        while line := self.file.readline():
            tag, _, command = line.decode().strip().partition(" ")
            # The password stays out of what a failing test would print.
            self.server.commands.append(re.sub(r"(LOGIN \S+) .*", r"\1", command))
            word = command.removeprefix("UID ").partition(" ")[0].upper()
            if word in self.server.refuses:
                self.say(f"{tag} NO not today")
                continue
            self.answer(tag, word, command)
            if word == "LOGOUT":
                return

    def answer(self, tag: str, word: str, command: str) -> None:
        if word == "STARTTLS":
            self.say(f"{tag} OK go ahead")
            self._wrap()
            self._read()
            return
        if word == "LOGIN" and PASSWORD not in command:
            self.say(f"{tag} NO wrong password")
            return
        reply = {
            "CAPABILITY": self.capability,
            "SELECT": self.select,
            "SEARCH": self.search,
            "FETCH": self.fetch,
            "STORE": self.store,
            "MOVE": self.move,
            "COPY": self.copy,
            "EXPUNGE": self.expunge,
        }.get(word)
        if reply:
            reply(command)
        self.say(f"{tag} OK {word} done")

    def capability(self, _command: str) -> None:
        starttls = "" if self.server.implicit else " STARTTLS"
        self.say(f"* CAPABILITY IMAP4rev1 {self.server.offers}{starttls}")

    def select(self, _command: str) -> None:
        self.say(f"* {len(self.server.mails)} EXISTS")

    def search(self, _command: str) -> None:
        unseen = [
            str(uid)
            for uid, each in self.server.mails.items()
            if each.folder == "INBOX" and not each.flags & {r"\Seen", r"\Deleted"}
        ]
        self.say(f"* SEARCH {' '.join(unseen)}".rstrip())

    def fetch(self, command: str) -> None:
        found = re.fullmatch(r"UID FETCH (\d+) \(BODY.PEEK\[\]<0\.(\d+)>\)", command)
        assert found, command
        uid = int(found[1])
        raw = self.server.mails[uid].raw[: int(found[2])]
        self.connection.sendall(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode())
        self.connection.sendall(raw + b")\r\n")

    def store(self, command: str) -> None:
        _, _, uid, _, flags = command.split(" ", 4)
        self.server.mails[int(uid)].flags |= set(flags.strip("()").split())

    def move(self, command: str) -> None:
        _, _, uid, folder = command.split(" ", 3)
        self.server.mails[int(uid)].folder = folder.strip('"')

    def copy(self, command: str) -> None:
        _, _, uid, folder = command.split(" ", 3)
        self.server.mails[1000 + int(uid)] = StoredMail(
            self.server.mails[int(uid)].raw, folder=folder.strip('"')
        )

    def expunge(self, _command: str) -> None:
        for uid in [uid for uid, each in self.server.mails.items() if r"\Deleted" in each.flags]:
            del self.server.mails[uid]

    def say(self, line: str) -> None:
        self.connection.sendall(line.encode() + b"\r\n")

    def _wrap(self) -> None:
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)

    def _read(self) -> None:
        self.file = self.connection.makefile("rb")
