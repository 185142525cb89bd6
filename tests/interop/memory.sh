#!/bin/bash
# Memory that runs out under TLS and RTMPE, where OpenSSL allocates by the thousand: plays and publishes in processes that get
# so many KiB more and no others, and, over TLS, with one allocation failing or all from one on. None is killed, none ends with
# something wrong. A large packet is sent over RTMPE, too, which enciphers a copy of it. Over RTMPE single allocations are not
# made to fail: OpenSSL 3.0 itself crashes at some of them, while it sets itself up and loads its old ciphers.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need gcc gcc
mkdir "$WORK/films"
first_tags 8 "$FILM" >"$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK" --tls "$WORK/tls"
gcc -std=gnu99 -O1 -g -I"$ROOT/include" -o "$WORK/scarce" "$ROOT/tests/hostile/scarce.c" -L"$LIBDIR" -l:librtmp.so.1
ours whole "$EXAMPLES/play" "$SERVER/vod/film" "$WORK/whole.flv" || fail "the film does not play"
WHOLE=$(stat -c %s "$WORK/whole.flv")

survives() { # SCHEME play|publish|send HOW STEP [KIB]
    local name=$1-$2-$3 url
    url="$(loopback_at "$1")/vod/$([ "$2" = play ] && echo film || echo "$name") timeout=30 tlsCaFile=$CA"
    # A panic's backtrace would take more memory than there is.
    RUST_BACKTRACE=0 LD_LIBRARY_PATH=$LIBDIR timeout 300 "$WORK/scarce" "$2" "$url" "$WHOLE" "${@:3}" \
        >"$WORK/$name.log" 2>&1 || fail "$name: status $?"
    grep -q ': killed 0, wrong 0, failed [1-9].* at last whole 1$' "$WORK/$name.log" || fail "$name"
    echo "$name $(grep 'at last' "$WORK/$name.log")"
}

for mode in play publish; do
    survives rtmpe "$mode" limited 8
    survives rtmps "$mode" limited 8
    survives rtmps "$mode" once 101
    survives rtmps "$mode" onwards 101
done
survives rtmpe send limited 2048 65536
