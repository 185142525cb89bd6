#!/usr/bin/env python3
"""A small RTMP server that asks for what real servers ask for and no free one does: publisher authentication, SWF verification, a
SecureToken answer. It computes everything by itself and notes what it thought of the client's answers.

    scripted_server.py adobe|adobe-challenge|llnw OUT   takes alice's streams (password: see below), writes the FLV to OUT
    scripted_server.py again OUT                        asks for authentication for ever
    scripted_server.py swf FILE SWF                     plays FILE, when the client has the hash of the (uncompressed) SWF
    scripted_server.py swf2 FILE SWF                    the same, asks for verification of type 2
    scripted_server.py token FILE TOKEN                 plays FILE to clients that know TOKEN

The first line printed is the port. Python's standard library only.
"""

import base64
import hashlib
import hmac
import os
import socket
import struct
import sys
import threading

USER, PASSWORD = "alice", "s3cret-word"
SERVER_KEY = b"Genuine Adobe Flash Media Server 001"
CLIENT_KEY = b"Genuine Adobe Flash Player 001"
LONG = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
OBJECT_END = b"\0\0\x09"


def note(*words):
    print(*words, flush=True)


# AMF0, as far as commands need it.


def encode(value):
    if value is None:
        return b"\x05"
    if isinstance(value, bool):
        return bytes([1, value])
    if isinstance(value, (int, float)):
        return b"\0" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\x02" + struct.pack(">H", len(value)) + value.encode()
    return b"\x03" + b"".join(struct.pack(">H", len(k)) + k.encode() + encode(v) for k, v in value.items()) + OBJECT_END


def decode(data):
    """A value, and what is behind it."""
    kind, data = data[0], data[1:]
    if kind == 0:
        return struct.unpack(">d", data[:8])[0], data[8:]
    if kind == 1:
        return bool(data[0]), data[1:]
    if kind == 2:
        size = struct.unpack(">H", data[:2])[0]
        return data[2 : 2 + size].decode("latin-1"), data[2 + size :]
    if kind == 3:
        value = {}
        while data[:3] != OBJECT_END:
            size = struct.unpack(">H", data[:2])[0]
            name = data[2 : 2 + size].decode()
            value[name], data = decode(data[2 + size :])
        return value, data[3:]
    if kind in (5, 6):
        return None, data
    raise ValueError(f"AMF0 type {kind}")


def values(data):
    found = []
    while data:
        value, data = decode(data)
        found.append(value)
    return found


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def without_digest(block, at):
    return block[:at] + block[at + 32 :]


class Client:
    """A connection: the handshake, messages in and out."""

    def __init__(self, connection):
        self.socket = connection
        self.file = connection.makefile("rb")
        self.size = 128
        self.headers = {}
        self.bodies = {}
        self.last_of_s1 = self.handshake()

    def take(self, size):
        data = self.file.read(size)
        if len(data) != size:
            raise EOFError
        return data

    def handshake(self):
        """Simple, or with digests when the client's block has a version; the last 32 bytes of S1."""
        c0, c1 = self.take(1), self.take(1536)
        if c0 != b"\3":
            raise ValueError("not RTMP")
        if c1[4] == 0:
            s1 = bytes(8) + os.urandom(1528)
            self.socket.sendall(c0 + s1 + c1)
            self.take(1536)
            return s1[-32:]
        for base in (8, 772):
            at = sum(c1[base : base + 4]) % 728 + base + 4
            if mac(CLIENT_KEY, without_digest(c1, at)) == c1[at : at + 32]:
                break
        else:
            raise ValueError("no digest in C1")
        s1 = struct.pack(">I", 1) + bytes([3, 5, 1, 1]) + os.urandom(1528)
        own = sum(s1[base : base + 4]) % 728 + base + 4
        digest = mac(SERVER_KEY, without_digest(s1, own))
        s1 = s1[:own] + digest + s1[own + 32 :]
        noise = os.urandom(1504)
        s2 = noise + mac(mac(SERVER_KEY + LONG, c1[at : at + 32]), noise)
        self.socket.sendall(c0 + s1 + s2)
        c2 = self.take(1536)
        if c2[1504:] != mac(mac(CLIENT_KEY + LONG, digest), c2[:1504]):
            raise ValueError("C2 is not signed")
        return s1[-32:]

    def message(self):
        """The next whole message: (type, time, body)."""
        while True:
            first = self.take(1)[0]
            form, channel = first >> 6, first & 63
            length, kind, time, step = self.headers.get(channel, (0, 0, 0, 0))
            fresh = channel not in self.bodies
            if form < 3:
                head = self.take((11, 7, 3)[form])
                step = int.from_bytes(head[:3], "big")
                if form < 2:
                    length, kind = int.from_bytes(head[3:6], "big"), head[6]
                if step == 0xFFFFFF:
                    step = struct.unpack(">I", self.take(4))[0]
                time = step if form == 0 else time + step
            elif fresh:
                time += step
            self.headers[channel] = (length, kind, time, step)
            body = self.bodies.pop(channel, b"")
            body += self.take(min(self.size, length - len(body)))
            if len(body) < length:
                self.bodies[channel] = body
                continue
            if kind == 1:
                self.size = struct.unpack(">I", body)[0]
            return kind, time, body

    def send(self, channel, kind, body, stream=0, time=0):
        out = bytes([channel]) + time.to_bytes(3, "big") + len(body).to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", stream)
        out += body[:128]
        for at in range(128, len(body), 128):
            out += bytes([0xC0 | channel]) + body[at : at + 128]
        self.socket.sendall(out)

    def command(self, *arguments, stream=0):
        self.send(3, 20, b"".join(encode(a) for a in arguments), stream)

    def status(self, code):
        self.command("onStatus", 0, None, {"level": "status", "code": code, "description": code}, stream=1)


# Publisher authentication: what the client should have sent, from the same formulas as servers use.


def md5(text):
    return hashlib.md5(text.encode()).digest()


def b64(data):
    return base64.b64encode(data).decode()


def parameters(app):
    return dict(pair.split("=", 1) for part in app.split("?")[1:] for pair in part.split("&"))


def adobe_response(given, salt, seed):
    secret = b64(md5(USER + salt + PASSWORD))
    return b64(md5(secret + seed + given["challenge"]))


def llnw_response(app, given, nonce):
    name = app.split("?")[0]
    secret = md5(f"{USER}:live:{PASSWORD}").hex()
    what = md5(f"publish:/{name}" + ("" if "/" in name else "/_definst_")).hex()
    return md5(f"{secret}:{nonce}:{given['nc']}:{given['cnonce']}:auth:{what}").hex()


def refusal(scenario, app):
    """Why this connect is refused; None when it is not."""
    modus = "llnw" if scenario == "llnw" else "adobe"
    begin = f"[ AccessManager.Reject ] : [ authmod={modus} ] : "
    given = parameters(app)
    note("connect with", " ".join(sorted(given)) or "nothing")
    if given.get("authmod") != modus:
        return f"[ AccessManager.Reject ] : [ code=403 need auth; authmod={modus} ] : "
    if given.get("user") != USER:
        return begin + "?reason=nosuchuser&opaque=vgoAAA=="
    if scenario == "again" or "response" not in given:
        if modus == "llnw":
            return begin + f"?reason=needauth&user={USER}&nonce=n0nce5"
        opaque = "" if scenario == "adobe-challenge" else "&opaque=vgoAAA=="
        return begin + f"?reason=needauth&user={USER}&salt=N2PV9Q==&challenge=wgoAAA=={opaque}"
    if modus == "llnw":
        wanted = llnw_response(app, given, "n0nce5")
    else:
        wanted = adobe_response(given, "N2PV9Q==", "wgoAAA==" if scenario == "adobe-challenge" else "vgoAAA==")
    if given["response"] != wanted:
        return begin + "?reason=authfailed&opaque=vgoAAA=="
    note("authenticated")
    return None


# SecureToken: "Corrected Block TEA" over the challenge.


def xxtea_encode(text, token):
    words = list(struct.unpack(f"<{len(text) // 4}I", text))
    key = struct.unpack("<4I", token.ljust(16, b"\0")[:16])
    count, total, before = len(words), 0, words[-1]
    for _ in range(6 + 52 // count):
        total = (total + 0x9E3779B9) & 0xFFFFFFFF
        for p in range(count):
            after = words[(p + 1) % count]
            mixed = ((before >> 5 ^ after << 2) + (after >> 3 ^ before << 4)) ^ ((total ^ after) + (key[p & 3 ^ total >> 2 & 3] ^ before))
            before = words[p] = (words[p] + mixed) & 0xFFFFFFFF
    return struct.pack(f"<{count}I", *words).hex()


CHALLENGE = b"say it after me!"


def tags(path):
    """(type, time, body) of each audio and video tag."""
    with open(path, "rb") as file:
        data = file.read()[13:]
    while data:
        size, time = int.from_bytes(data[1:4], "big"), int.from_bytes(bytes([data[7]]) + data[4:7], "big")
        if data[0] != 18:
            yield data[0], time, data[11 : 11 + size]
        data = data[11 + size + 4 :]


class Session:
    def __init__(self, client, scenario, file, secret):
        self.client, self.scenario, self.file, self.secret = client, scenario, file, secret
        self.good = scenario not in ("swf", "swf2", "token")
        self.wants_play = False
        self.out = None

    def run(self):
        while True:
            kind, time, body = self.client.message()
            if kind == 20:
                self.invoke(*values(body))
            elif kind == 4 and body[:2] == b"\0\x1b":
                self.swf_answer(body[2:])
            elif kind in (8, 9) and self.out:
                self.out.write(bytes([kind]) + len(body).to_bytes(3, "big") + (time & 0xFFFFFF).to_bytes(3, "big"))
                self.out.write(bytes([time >> 24, 0, 0, 0]) + body + struct.pack(">I", len(body) + 11))

    def invoke(self, name, number, *arguments):
        client = self.client
        if name == "connect":
            reason = refusal(self.scenario, arguments[0]["app"]) if self.secret is None else None
            if reason:
                client.command("_error", number, None, {"level": "error", "code": "NetConnection.Connect.Rejected", "description": reason})
                return
            extra = {"secureToken": xxtea_encode(CHALLENGE, self.secret.encode())} if self.scenario == "token" else {}
            client.command("_result", number, {"fmsVer": "FMS/3,0,1,123"}, {"level": "status", "code": "NetConnection.Connect.Success", **extra})
            if self.scenario in ("swf", "swf2"):
                client.send(2, 4, b"\0\x1a" + bytes([1 if self.scenario == "swf" else 2]))
        elif name == "secureTokenResponse":
            self.good = arguments[1] == CHALLENGE.decode()
            note("token answered", "well" if self.good else "wrongly")
        elif name == "createStream":
            client.command("_result", number, None, 1)
        elif name == "publish":
            self.out = open(self.file, "wb")
            self.out.write(b"FLV\1\5\0\0\0\x09\0\0\0\0")
            client.status("NetStream.Publish.Start")
        elif name == "play":
            self.wants_play = True
            self.play()
        elif name in ("deleteStream", "FCUnpublish") and self.out:
            self.out.close()
            self.out = None
            note("recorded")

    def play(self):
        if not (self.wants_play and self.good):
            return
        self.wants_play = False
        self.client.status("NetStream.Play.Start")
        for kind, time, body in tags(self.file):
            self.client.send(4, kind, body, 1, time)
        self.client.status("NetStream.Play.Complete")
        self.client.status("NetStream.Play.Stop")

    def swf_answer(self, answer):
        with open(self.secret, "rb") as file:
            swf = file.read()
        size = struct.pack(">I", len(swf))
        wanted = b"\1\1" + size + size + mac(self.client.last_of_s1, mac(CLIENT_KEY, swf))
        self.good = answer == wanted
        note("SWF", "verified" if self.good else "not verified")
        self.play()


def serve(connection, *arguments):
    try:
        with connection:
            Session(Client(connection), *arguments).run()
    except (EOFError, ConnectionError):
        pass


def main():
    scenario, file, secret = (sys.argv[1:] + [None])[:3]
    listener = socket.create_server(("127.0.0.1", 0))
    note(listener.getsockname()[1])
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], scenario, file, secret), daemon=True).start()


main()
