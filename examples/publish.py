#!/usr/bin/env python3
"""Sends an FLV file as an RTMP stream, with nothing but Python's own ctypes.

Exit status: 0 everything was sent, 1 an error, 2 wrong usage, 130 Ctrl-C.
"""

import argparse
import ctypes
import signal
import sys
import time

FILE_HEADER, TAG_HEADER, TAG_TRAILER = 13, 11, 4


def load_library():
    """The library, with the signatures of what is used here: without them ctypes would cut pointers to 32 bits."""
    library = ctypes.CDLL("librtmp.so.1")
    handle, text, integer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("RTMP_Alloc", handle, []),
        ("RTMP_Init", None, [handle]),
        ("RTMP_SetupURL", integer, [handle, text]),
        ("RTMP_EnableWrite", None, [handle]),
        ("RTMP_Connect", integer, [handle, ctypes.c_void_p]),
        ("RTMP_ConnectStream", integer, [handle, integer]),
        ("RTMP_Write", integer, [handle, text, integer]),
        ("RTMP_Close", None, [handle]),
        ("RTMP_Free", None, [handle]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def catch_interrupt(library):
    """Python would run its handler only when the library's call has ended, so Ctrl-C calls the library itself, which then gives
    up the call it is in. `interrupted()` tells whether that has happened."""
    libc = ctypes.CDLL(None)
    libc.signal.restype, libc.signal.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
    handler = ctypes.cast(library.RTMP_UserInterrupt, ctypes.c_void_p)
    for number in (signal.SIGINT, signal.SIGTERM):
        libc.signal(number, handler)
        signal.siginterrupt(number, True)  # let the system call end, too
    flag = ctypes.c_int.in_dll(library, "RTMP_ctrlC")
    return lambda: flag.value != 0


def tags(file):
    """Gives (milliseconds, bytes) for each tag of the file; the first with the file's own header before it."""
    start = file.read(FILE_HEADER)
    if len(start) < FILE_HEADER or start[:3] != b"FLV":
        raise ValueError("not an FLV file")
    while header := file.read(TAG_HEADER):
        rest = int.from_bytes(header[1:4], "big") + TAG_TRAILER if len(header) == TAG_HEADER else 1
        body = file.read(rest)
        if len(body) < rest:
            raise ValueError("the file ends inside a tag; the whole tags before it were sent")
        yield int.from_bytes(header[4:7], "big") | header[7] << 24, start + header + body
        start = b""


def transmit(library, rtmp, file, fast, interrupted):
    started = printed = time.monotonic()
    total = milliseconds = 0
    first = None
    for milliseconds, tag in tags(file):
        first = milliseconds if first is None else first
        ahead = started + (milliseconds - first) / 1e3 - time.monotonic()
        if not fast and ahead > 0:
            time.sleep(ahead)
        while tag and not interrupted():
            written = library.RTMP_Write(rtmp, tag, len(tag))
            if written <= 0 and not interrupted():
                raise ConnectionError("the server no longer takes the stream")
            total += max(written, 0)
            tag = tag[max(written, 0):]
        if interrupted():
            print("publish.py: interrupted", file=sys.stderr)
            return 130
        if time.monotonic() - printed > 1:
            printed = time.monotonic()
            print(f"sent {total / 1e3:.1f} kB, {milliseconds / 1e3:.2f} s of stream", file=sys.stderr)
    elapsed = time.monotonic() - started
    print(f"sent {total / 1e3:.1f} kB, {milliseconds / 1e3:.2f} s of stream, {total * 8 / 1e3 / elapsed:.0f} kbit/s",
          file=sys.stderr)
    return 0


def main():
    parser = argparse.ArgumentParser(description="Sends an FLV file as an RTMP stream, in real time.")
    parser.add_argument("--fast", action="store_true", help="send as fast as the server takes it")
    parser.add_argument("file", help="FLV file to send, - for standard input")
    parser.add_argument("url", help="RTMP URL; options of the library follow after a space: 'rtmp://host/app/name timeout=10'")
    arguments = parser.parse_args()

    library = load_library()
    interrupted = catch_interrupt(library)
    url = ctypes.create_string_buffer(arguments.url.encode())  # the library points into it until RTMP_Close
    rtmp = library.RTMP_Alloc()
    library.RTMP_Init(rtmp)
    try:
        with (sys.stdin.buffer if arguments.file == "-" else open(arguments.file, "rb")) as file:
            if not library.RTMP_SetupURL(rtmp, url):
                print("publish.py: not a usable RTMP URL", file=sys.stderr)
                return 1
            library.RTMP_EnableWrite(rtmp)  # after RTMP_SetupURL, which would undo it
            if not library.RTMP_Connect(rtmp, None) or not library.RTMP_ConnectStream(rtmp, 0):
                reason = "interrupted" if interrupted() else "cannot publish at this URL; the lines above say why"
                print(f"publish.py: {reason}", file=sys.stderr)
                return 130 if interrupted() else 1
            return transmit(library, rtmp, file, arguments.fast, interrupted)
    except (OSError, ValueError) as error:
        print(f"publish.py: {error}", file=sys.stderr)
        return 1
    finally:
        library.RTMP_Close(rtmp)  # tells the server that the stream ends
        library.RTMP_Free(rtmp)


if __name__ == "__main__":
    sys.exit(main())
