#!/bin/bash
# Debian's python3-librtmp plays a file and publishes in pieces of 4096 bytes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
PYTHON=/usr/bin/python3 # Debian's own, which has Debian's packages
"$PYTHON" -c 'import librtmp' 2>/dev/null || fail "python3-librtmp is needed (Debian package python3-librtmp)"
start_nginx

cat >"$WORK/play.py" <<'PY'
import sys, librtmp
connection = librtmp.RTMP(sys.argv[1])
connection.connect()
stream = connection.create_stream()
with open(sys.argv[2], "wb") as out:
    while data := stream.read(65536):
        out.write(data)
connection.close()
PY
cat >"$WORK/publish.py" <<'PY'
import sys, librtmp
connection = librtmp.RTMP(sys.argv[1])
connection.connect()
stream = connection.create_stream(writeable=True)
with open(sys.argv[2], "rb") as film:
    while piece := film.read(4096):
        while piece:
            written = stream.write(piece)
            if written <= 0:
                sys.exit(f"write gave {written}")
            piece = piece[written:]
connection.close()
PY
ours play "$PYTHON" "$WORK/play.py" "$SERVER/vod/film.flv" "$WORK/played.flv" || fail "playing ended with status $?"
same_film "python3-librtmp plays" "$WORK/played.flv"
row rtmp "nginx" "play, by python3-librtmp"
ours publish "$PYTHON" "$WORK/publish.py" "$SERVER/live/python" "$FILM" || fail "publishing ended with status $?"
recorded_whole python
row rtmp "nginx" "publish, by python3-librtmp"
