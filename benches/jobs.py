"""The jobs that are measured and what is demanded of each."""

# At most this multiple of a bare program's processor time.
LIMIT_RATIO = 1.3
# Bytes of an open idle handle beyond the structure itself.
MEMORY_LIMIT = 32 * 1024

# What a server is asked to send at most; clients stop earlier.
ENDLESS = 1 << 20


class Job:
    """A job: its name, its target, and the amount of data each library gets, so that each runs long enough."""

    has_bare = True
    has_limit_target = True
    carrier = "rtmp"

    def __init__(self, name, target, ours, reference):
        self.name = name
        self.target = target
        self.mebibytes = {"ours": ours, "reference": reference}

    def bare_certificate(self, bench):
        """A bare program for rtmps does TLS as well."""
        return [bench.certificate] if self.carrier == "rtmps" else []

    def url(self, port):
        return f"{self.carrier}://127.0.0.1:{port}/app/stream"


class Publish(Job):
    """Sends messages: `write` hands tags to RTMP_Write, several a call; without it they go through RTMP_SendPacket."""

    def __init__(self, name, target, ours, reference, size, write=0, option="", announce=0, carrier="rtmp"):
        super().__init__(name, target, ours, reference)
        self.size, self.write, self.option, self.announce, self.carrier = size, write, option, announce, carrier
        self.has_bare = carrier != "rtmpe"
        self.has_limit_target = carrier == "rtmp"

    def peer(self, bench, peer):
        return peer(bench, "sink", self.carrier, bench.certificate)

    def bare_peer(self, bench, peer):
        return peer(bench, "sink", "raw", *self.bare_certificate(bench))

    def arguments(self, library, port, mebibytes):
        # The reference knows no such option; it always sends chunks of 128 bytes.
        option = f" {self.option}" if self.option and library == "ours" else ""
        url = self.url(port) + option
        if self.write:
            return ["write", url, mebibytes, self.size, self.write]
        return ["packet", url, mebibytes, self.size, self.announce]

    def bare_arguments(self, port, mebibytes):
        chunk = 128 if self.option else 4096
        return ["tls-send" if self.carrier == "rtmps" else "send", port, mebibytes, self.size, chunk, max(self.write, 1)]


class Play(Job):
    """Receives messages of `size` bytes in chunks of `chunk`, with RTMP_Read, or RTMP_ReadPacket without a buffer."""

    def __init__(self, name, target, ours, reference, size, chunk, buffer=64 * 1024, carrier="rtmp"):
        super().__init__(name, target, ours, reference)
        self.size, self.chunk, self.buffer, self.carrier = size, chunk, buffer, carrier
        self.has_bare = carrier != "rtmpe"
        self.has_limit_target = carrier == "rtmp"

    def peer(self, bench, peer):
        return peer(bench, "blast", bench.serving, self.carrier, self.size, self.chunk, ENDLESS, "-", bench.certificate)

    def bare_peer(self, bench, peer):
        return peer(bench, "blast", bench.serving, "raw", self.size, self.chunk, ENDLESS, "-", *self.bare_certificate(bench))

    def arguments(self, library, port, mebibytes):
        if self.buffer:
            return ["read", self.url(port), mebibytes, self.buffer]
        return ["readpacket", self.url(port), mebibytes]

    def bare_arguments(self, port, mebibytes):
        return ["tls-receive" if self.carrier == "rtmps" else "receive", port, mebibytes]


# The amounts make each run take a third of a second of processor time and more: whether a peer sleeps or not when bytes
# come goes on for a while once it is so, and a short run sees one or the other.
JOBS = [
    Publish("RTMP_Write, default settings, 4 KiB tags", 0.03, 768, 32, 4096, write=1),
    Publish("RTMP_Write, default settings, 4 KiB tags, sixteen a call", 0.03, 2048, 32, 4096, write=16),
    Publish("RTMP_SendPacket, default settings, 30 KB messages", 0.03, 2048, 32, 30000),
    Publish("RTMP_Write, chunk=128, 4 KiB tags", 0.06, 768, 32, 4096, write=1, option="chunk=128"),
    Publish("RTMP_SendPacket, chunk=128, 30 KB messages", 0.06, 1536, 32, 30000, option="chunk=128"),
    Publish("RTMP_SendPacket, chunk 4096, 30 KB messages", 0.3, 2048, 768, 30000, announce=4096),
    Publish("RTMP_Write, 300-byte tags, one a call", 0.3, 64, 24, 300, write=1),
    Publish("RTMP_Write, 300-byte tags, twenty a call", 0.1, 512, 24, 300, write=20),
    Play("RTMP_Read, server chunks of 128", 0.6, 1536, 1024, 30000, 128),
    Play("RTMP_Read, server chunks of 4096", 0.75, 2048, 2048, 30000, 4096),
    Play("RTMP_Read, server chunks of 60000", 0.7, 2048, 2048, 30000, 60000),
    Play("RTMP_Read, 400-byte messages", 0.6, 1536, 1024, 400, 4096),
    Play("RTMP_ReadPacket, server chunks of 4096", 0.75, 2048, 2048, 30000, 4096, buffer=0),
    Play("rtmpe play", 0.6, 192, 192, 30000, 4096, carrier="rtmpe"),
    Publish("rtmpe publish", 0.6, 192, 32, 30000, carrier="rtmpe"),
    Play("rtmps play", 0.8, 768, 768, 30000, 4096, carrier="rtmps"),
    Publish("rtmps publish", 0.8, 768, 64, 30000, carrier="rtmps"),
    # The reference reads no answers meanwhile, and hangs once those that it was sent fill the sockets' buffers.
    Publish("rtmpt publish", 0.5, 1536, 512, 30000, carrier="rtmpt"),
]
