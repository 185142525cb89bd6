#!/bin/bash
# Debian's rtmpgw: an HTTP GET gives the stream that the gateway plays from nginx.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need rtmpgw rtmpdump
need curl curl
start_nginx
GATEWAY=$(free_port)

# The gateway ends at the end of its standard input, so that must stay open.
mkfifo "$WORK/stdin"
exec 9<>"$WORK/stdin"
ours gateway rtmpgw -D 127.0.0.1 -g "$GATEWAY" <&9 >"$WORK/gateway.out" &
CHILDREN+=("$!")
wait_port 127.0.0.1 "$GATEWAY"

timeout 60 curl -sS -o "$WORK/got.flv" "http://127.0.0.1:$GATEWAY/?r=rtmp:%2f%2f127.0.0.1:$PORT%2fvod%2ffilm.flv" ||
    fail "the HTTP request ended with status $?"
assert_loaded gateway || exit 1
same_film "through rtmpgw" "$WORK/got.flv"
row rtmp "nginx" "play, by rtmpgw"
