"""A line of known delay, so that round trips can be counted by a clock."""

import socket
import threading
import time

# Milliseconds in each direction.
DELAY_MS = 20


class SlowLine:
    """Forwards connections to a port, every byte DELAY_MS later; ended with the block it is used in."""

    round_trip_ms = 2 * DELAY_MS

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for one, other in ((client, server), (server, client)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.forward, args=(one, other), daemon=True).start()

    @staticmethod
    def forward(source, target):
        """One thread receives and notes the time, another sends when it is due."""
        waiting, arrived = [], threading.Condition()

        def deliver():
            while True:
                with arrived:
                    arrived.wait_for(lambda: waiting)
                    due, data = waiting.pop(0)
                time.sleep(max(0, due - time.monotonic()))
                try:
                    if data:
                        target.sendall(data)
                    else:
                        target.shutdown(socket.SHUT_WR)
                        return
                except OSError:
                    return

        threading.Thread(target=deliver, daemon=True).start()
        data = b"first"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with arrived:
                waiting.append((time.monotonic() + DELAY_MS / 1000, data))
                arrived.notify()
