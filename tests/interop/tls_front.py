#!/usr/bin/env python3
"""TLS as no server does it, in front of a plain TCP server: tls_front.py CERTIFICATE KEY TARGET-PORT VERSION TICKETS RECORD LIMIT END

Sends TICKETS session tickets (TLS 1.3), what the server says in records of RECORD bytes each, and after LIMIT bytes (0: never) ends the
connection: END is `clean`, with a closing message, or `cut`, without one. Prints its port. Python's standard library only.
"""

import select
import socket
import ssl
import sys
import threading


def forward(client, server, record, limit, end):
    sent = 0
    while True:
        ready = [client] if client.pending() else select.select([client, server], [], [])[0]
        if client in ready:
            data = client.recv(16384)
            if not data:
                return
            server.sendall(data)
        if server in ready:
            data = server.recv(16384)
            if limit and sent + len(data) > limit:
                data = data[: limit - sent]
            for at in range(0, len(data), record):
                client.sendall(data[at : at + record])
            sent += len(data)
            if limit and sent >= limit and end == "clean":
                client.unwrap()
            if not data or limit and sent >= limit:
                return


def serve(context, raw, target, arguments):
    try:
        with context.wrap_socket(raw, server_side=True) as client, socket.create_connection(("127.0.0.1", target)) as server:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            forward(client, server, *arguments)
    except OSError:
        pass


def main():
    certificate, key, target, version, tickets, record, limit, end = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.num_tickets = int(tickets)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        raw, _ = listener.accept()
        arguments = (int(record), int(limit), end)
        threading.Thread(target=serve, args=(context, raw, int(target), arguments), daemon=True).start()


main()
