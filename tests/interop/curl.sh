#!/bin/bash
# curl's rtmp:// download. curl makes the socket by itself and hands it to the library.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need curl curl
PATH=/usr/bin:$PATH
curl -V | grep -q '^Protocols:.* rtmp ' || fail "$(command -v curl) is built without librtmp"
# curl calls the library only when there is something to read on the socket. nginx keeps the connection after the end of a file,
# so what the library has buffered by then would wait for the server's next ping: one a second, then, not one a minute.
NGINX_RTMP='ping 1s; ping_timeout 5s;' start_nginx

ours curl curl -sS -o "$WORK/got.flv" "$SERVER/vod/film.flv" || fail "curl ended with status $?"
same_film "curl" "$WORK/got.flv"
row rtmp "nginx" "play, by curl"
