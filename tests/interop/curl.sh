#!/bin/bash
# curl's rtmp:// downloads and uploads: the program, and both libcurls that Debian builds, with OpenSSL and with GnuTLS, as other
# programs load it. curl makes the socket by itself and hands it to the library.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need curl curl
PATH=/usr/bin:$PATH
curl -V | grep -q '^Protocols:.* rtmp ' || fail "$(command -v curl) is built without librtmp"
# curl calls the library only when there is something to read on the socket, and nginx keeps the connection after the end of a
# file: a download ends by itself because nothing complete is buffered while nothing is there to wake curl.
start_nginx

ours curl curl -sS -o "$WORK/got.flv" "$SERVER/vod/film.flv" || fail "curl ended with status $?"
same_film "curl" "$WORK/got.flv"
row rtmp "nginx" "play, by curl"

LIMIT=15 ours curl-upload curl -sS -T "$FILM" "$SERVER/live/curl" || fail "curl -T ended with status $?"
recorded_whole curl
row rtmp "nginx" "publish, by curl"

# What curl says is its own, whichever the library: the stream is missing, or nobody listens.
status=0
LIMIT=15 ours curl-missing curl -sS -o "$WORK/none.flv" "$SERVER/vod/missing" || status=$?
[ "$status" -eq 2 ] || fail "a missing stream: curl's status is $status, should be 2"
grep -q "StreamNotFound" "$WORK/curl-missing.log" || fail "a missing stream: the server's words are not in the log"
echo "curl, a missing stream: refused, and says so"

for flavour in libcurl libcurl-gnutls; do
    LIMIT=15 ours "$flavour" python3 "$HERE/libcurl.py" "$flavour.so.4" "$SERVER/vod/film.flv" "$WORK/$flavour.flv" ||
        fail "$flavour: playing ended with status $?"
    same_film "$flavour plays" "$WORK/$flavour.flv"
    LIMIT=15 ours "$flavour-upload" python3 "$HERE/libcurl.py" "$flavour.so.4" "$SERVER/live/$flavour" "$FILM" upload ||
        fail "$flavour: publishing ended with status $?"
    recorded_whole "$flavour"
done
row rtmp "nginx" "play and publish, by programs with libcurl (OpenSSL, GnuTLS)"

# Every scheme, and what curl says of none: a stream that goes through layers wakes curl for all of it, too.
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --tls "$WORK/tls"
for scheme in rtmp rtmps rtmpe rtmpt rtmpte rtmpts; do
    LIBRTMP_TLS_VERIFY=0 LIMIT=20 ours "curl-$scheme" curl -sS -o "$WORK/$scheme.flv" "$(loopback_at "$scheme")/vod/film" ||
        fail "curl over $scheme ended with status $?"
    same_film "curl over $scheme" "$WORK/$scheme.flv"
    row "$scheme" "ours, both ends" "play, by curl"
done
