"""Remote servers, as real as possible on one machine: TLS with a temporary authority, and any response."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from core.fetching.client import Fetcher, FetchFailed, IPAddress

OPENSSL = shutil.which("openssl")
HERE = "127.0.0.1"
URL = "https://video.example.org/info?id=7"
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NAMES = (
    *("video.example.org", "elsewhere.example.org", "tube.example.org", "video.localhost"),
    *("www.youtube.com", "i.ytimg.com", "vimeo.com", "i.vimeocdn.com", "archive.org", "ia800.us.archive.org"),
    *("api.dailymotion.com", "s1.dmcdn.net", "www.tiktok.com", "p16-sign.tiktokcdn.com"),
)

Answer = bytes | Callable[[socket.socket], None]  # the bytes to send, or a function that handles the connection


class Authority:
    """A certificate authority that only the tests trust, and a certificate of it for NAMES."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._make("authority", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
        names = ",".join(f"DNS:{name}" for name in NAMES)
        rest = "basicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n"
        self._make("server", f"subjectAltName={names}\n{rest}", by="authority")

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context

    @property
    def certificate(self) -> str:
        """The PEM file that a client must trust."""
        return str(self.folder / "authority.pem")

    def _make(self, name: str, extensions: str, by: str = "") -> None:
        (self.folder / f"{name}.ext").write_text(f"{extensions}subjectKeyIdentifier=hash\n", encoding="ascii")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
        self._openssl("req", "-new", *key, "-subj", f"/CN={name}", "-out", f"{name}.csr")
        signer = ["-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial"] if by else ["-signkey", f"{name}.key"]
        days = ["-days", "2", "-extfile", f"{name}.ext"]
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signer, *days, "-out", f"{name}.pem")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run([str(OPENSSL), *arguments], cwd=self.folder, check=True, capture_output=True)


class FarAway:
    """A server for all NAMES. The keys of `answers` are host and target, the host, or "" for everything else."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []  # host and target of each request
        self.requests: list[str] = []
        self.names: list[str | None] = []  # that clients sent with SNI
        self.protocols: list[str | None] = []  # of HTTP, that were agreed on with ALPN
        self.connections = 0
        self.stopped = threading.Event()
        self.tls = authority.server_side()
        self.tls.set_alpn_protocols(["h2", "http/1.1"])
        self.tls.sni_callback = lambda connection, name, context: self.names.append(name)
        self._listener = socket.create_server((HERE, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def fetcher(self, **options: Any) -> Fetcher:
        """A fetcher that resolves every name to this server, and is otherwise strict."""
        defaults: dict[str, Any] = {"resolve": only(HERE), "may_reach": is_here, "port": self.port}
        return Fetcher(**defaults | {"authorities": self.authority.certificate} | options)

    def stop(self) -> None:
        self.stopped.set()
        socket.create_connection((HERE, self.port)).close()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _peer = self._listener.accept()
            if self.stopped.is_set():
                connection.close()
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        # Otherwise each response waits 40 ms for the acknowledgement of the TLS handshake.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection = trusted = self.tls.wrap_socket(connection, server_side=True)
            self.protocols.append(trusted.selected_alpn_protocol())
            self._answer(trusted)
            trusted.unwrap().close()
        except OSError:
            pass  # the client has disconnected
        finally:
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            if not (more := connection.recv(65536)):
                return
            request += more
        lines = request.decode("ascii").split("\r\n")
        host = next(line.removeprefix("Host: ") for line in lines if line.startswith("Host: "))
        asked = host + lines[0].split(" ")[1]
        self.asked.append(asked)
        self.requests.append(request.decode("ascii"))
        answer = next((self.answers[key] for key in (asked, host, "") if key in self.answers), status(404))
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)


def only(*addresses: str) -> Callable[[str], Sequence[str]]:
    """A resolver that returns these IPs for every name."""
    return lambda host: addresses


def is_here(address: IPAddress) -> bool:
    return address == ip_address(HERE)


def status(number: int, *headers: str, body: bytes = b"") -> bytes:
    head = [f"HTTP/1.1 {number} Said", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def ok(body: bytes, kind: str = "application/json", *headers: str) -> bytes:
    return status(200, f"Content-Type: {kind}", *headers, body=body)


def as_json(**fields: Any) -> bytes:
    return ok(json.dumps(fields).encode())


def failure(fetcher: Fetcher, url: str = URL) -> FetchFailed:
    """The exception that the fetch raises."""
    with pytest.raises(FetchFailed) as caught:
        fetcher.json(url)
    return caught.value
