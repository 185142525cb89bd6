#!/usr/bin/env python3
"""Receives an RTMP stream and writes it as an FLV file, with nothing but Python's own ctypes.

Exit status: 0 the stream ended, 1 an error, 2 wrong usage, 130 Ctrl-C. Whatever arrived is in the file in every case.
"""

import argparse
import ctypes
import signal
import sys
import time

BUFFER_SIZE = 64 * 1024


def load_library():
    """The library, with the signatures of what is used here: without them ctypes would cut pointers to 32 bits."""
    library = ctypes.CDLL("librtmp.so.1")
    handle, text, integer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("RTMP_Alloc", handle, []),
        ("RTMP_Init", None, [handle]),
        ("RTMP_SetupURL", integer, [handle, text]),
        ("RTMP_Connect", integer, [handle, ctypes.c_void_p]),
        ("RTMP_ConnectStream", integer, [handle, integer]),
        ("RTMP_Read", integer, [handle, text, integer]),
        ("RTMP_IsConnected", integer, [handle]),
        ("RTMP_IsTimedout", integer, [handle]),
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


def receive(library, rtmp, out, interrupted):
    buffer = ctypes.create_string_buffer(BUFFER_SIZE)
    started = printed = time.monotonic()
    total = 0
    while not interrupted():
        count = library.RTMP_Read(rtmp, buffer, BUFFER_SIZE)
        if count <= 0:
            break
        out.write(memoryview(buffer)[:count])
        total += count
        if time.monotonic() - printed > 1:
            printed = time.monotonic()
            print(f"received {total / 1e3:.1f} kB", file=sys.stderr)
    elapsed = time.monotonic() - started
    print(f"received {total / 1e3:.1f} kB in {elapsed:.2f} s, {total * 8 / 1e3 / elapsed:.0f} kbit/s", file=sys.stderr)
    if interrupted():
        print("play.py: interrupted; what arrived has been written", file=sys.stderr)
        return 130
    # RTMP_Read gives 0 for every kind of end. After that of the stream the connection is still there, a lost one is closed.
    if count < 0 or library.RTMP_IsTimedout(rtmp) or not library.RTMP_IsConnected(rtmp):
        print("play.py: the stream broke off", file=sys.stderr)
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description="Receives an RTMP stream and writes it as FLV.")
    parser.add_argument("url", help="RTMP URL; options of the library follow after a space: 'rtmp://host/app/name live=1'")
    parser.add_argument("file", nargs="?", default="-", help="FLV file to write, - for standard output (default)")
    arguments = parser.parse_args()
    if arguments.file == "-" and sys.stdout.isatty():
        parser.error("FLV on a terminal is of no use: give a FILE, or redirect standard output")

    library = load_library()
    interrupted = catch_interrupt(library)
    url = ctypes.create_string_buffer(arguments.url.encode())  # the library points into it until RTMP_Close
    rtmp = library.RTMP_Alloc()
    library.RTMP_Init(rtmp)
    try:
        with (sys.stdout.buffer if arguments.file == "-" else open(arguments.file, "wb")) as out:
            if not library.RTMP_SetupURL(rtmp, url):
                print("play.py: not a usable RTMP URL", file=sys.stderr)
                return 1
            if not library.RTMP_Connect(rtmp, None) or not library.RTMP_ConnectStream(rtmp, 0):
                reason = "interrupted" if interrupted() else "cannot play this URL; the lines above say why"
                print(f"play.py: {reason}", file=sys.stderr)
                return 130 if interrupted() else 1
            return receive(library, rtmp, out, interrupted)
    except OSError as error:
        print(f"play.py: {error}", file=sys.stderr)
        return 1
    finally:
        library.RTMP_Close(rtmp)
        library.RTMP_Free(rtmp)


if __name__ == "__main__":
    sys.exit(main())
