"""The client's half of FastCGI, enough to ask a worker without nginx."""

import socket
import struct


def _record(kind, body):
    return struct.pack(">BBHHBB", 1, kind, 1, len(body), 0, 0) + body


def _length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


def ask(path, uri="/healthz", method="GET", body=b"", timeout=30, **params):
    """(status, body) of one request to the socket at path."""
    params = {"REQUEST_METHOD": method, "DOCUMENT_URI": uri, "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1",
              "CONTENT_LENGTH": str(len(body)) if body else "", **params}
    pairs = b"".join(_length(len(k)) + _length(len(v)) + k.encode() + v.encode() for k, v in params.items())
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(str(path))
        s.sendall(_record(1, struct.pack(">HB5x", 1, 0)) + _record(4, pairs) + _record(4, b"")
                  + (_record(5, body) if body else b"") + _record(5, b""))
        data = b""
        while chunk := s.recv(65536):
            data += chunk
    out, ended = b"", False
    while len(data) >= 8:
        _, kind, _, n, pad, _ = struct.unpack(">BBHHBB", data[:8])
        if kind == 6:
            out += data[8:8 + n]
        ended = ended or kind == 3
        data = data[8 + n + pad:]
    if not ended:
        raise ConnectionError("the answer broke off")
    head, _, rest = out.partition(b"\r\n\r\n")
    return int(head.split(b"Status: ")[1][:3]), rest
