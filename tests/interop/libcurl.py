#!/usr/bin/env python3
"""Plays or publishes with one of the libcurls: libcurl.py LIBRARY URL FILE [upload]. Exit status: curl's own."""

import ctypes
import sys

WRITEDATA, URL, READDATA, UPLOAD, NOSIGNAL = 10001, 10002, 10009, 46, 99

library, url, path, *upload = sys.argv[1:]
curl = ctypes.CDLL(library)
curl.curl_easy_init.restype = ctypes.c_void_p
curl.curl_easy_setopt.argtypes = [ctypes.c_void_p, ctypes.c_int]  # what follows is variadic
curl.curl_easy_perform.argtypes = curl.curl_easy_cleanup.argtypes = [ctypes.c_void_p]
curl.curl_easy_cleanup.restype = None
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(path.encode(), b"rb" if upload else b"wb"))

easy = curl.curl_easy_init()
for option, value in (
    (NOSIGNAL, ctypes.c_long(1)),
    (URL, ctypes.c_char_p(url.encode())),
    (UPLOAD, ctypes.c_long(len(upload))),
    (READDATA if upload else WRITEDATA, file),
):
    if status := curl.curl_easy_setopt(easy, option, value):
        sys.exit(status)
status = curl.curl_easy_perform(easy)
curl.curl_easy_cleanup(easy)
libc.fclose(file)
sys.exit(status)
