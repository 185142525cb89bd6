#!/usr/bin/env python3
"""A proxy that speaks SOCKS4a and nothing else: socks4a.py PORT

Takes a request with the name localhost, as the address 0.0.0.x announces, and prints what it was asked for. Python's standard
library only.
"""

import socket
import struct
import sys
import threading


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    request = b""
    while len(request) < 9 or request[8:].count(b"\0") < (2 if request[4:7] == bytes(3) else 1):
        request += client.recv(1)
    version, command, port, address = struct.unpack(">BBH4s", request[:8])
    user, name = (request[8:].split(b"\0") + [b""])[:2]
    good = (version, command, address[:3], user) == (4, 1, bytes(3), b"") and address[3] != 0 and name == b"localhost"
    print("asked for", name.decode(), "granted" if good else "refused", flush=True)
    client.sendall(bytes([0, 90 if good else 91]) + request[2:8])
    if good:
        server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
