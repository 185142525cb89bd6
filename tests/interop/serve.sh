#!/bin/bash
# A server in C (serve.c) on the library: RTMP_TLS_Accept, RTMP_Serve and the packets by hand. Its clients are rtmpdump and publish on
# Debian's library, and ffmpeg. A client that says nothing is given up after the time-out of the accepted socket.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need cc gcc
need ffmpeg ffmpeg
need rtmpdump rtmpdump
cc -std=c99 -Wall -Wextra -Werror -O1 -g -I"$ROOT/include" -o "$WORK/serve" "$HERE/serve.c" "$LIBDIR/librtmp.so.1" || fail "serve.c does not compile"
make_ca "$WORK/tls"
make_certificate server "IP:127.0.0.1"
remux "$WORK/remuxed.flv" -i "$FILM"

start() { # NAME ARGUMENT...
    NOTES=$WORK/notes-$1.log
    LIMIT=300 ours_in_background "serve-$1" "$WORK/serve" "$FILM" "$WORK/recorded.flv" "${@:2}" >"$NOTES"
    until_true "the start of serve" grep -q '^[0-9]' "$NOTES"
    assert_loaded "serve-$1" || exit 1
    PORT=$(head -n 1 "$NOTES")
}
noted() { until_true "'$1' $2 times by the server in C" eval "[ \$(grep -c '^$1' '$NOTES') -ge $2 ]"; }
silent() { # WORDS
    local began=$SECONDS
    exec 7<>"/dev/tcp/127.0.0.1/$PORT"
    noted "$1" 1
    exec 7>&-
    [ $((SECONDS - began)) -le 20 ] || fail "a silent client was given up after $((SECONDS - began)) s only"
}
recorded=0
check_recording() { # WHAT
    recorded=$((recorded + 1))
    noted recorded "$recorded"
    same_film "$1" "$WORK/recorded.flv"
}

for scheme in rtmp rtmpe rtmps; do
    recorded=0
    if [ "$scheme" = rtmps ]; then start "$scheme" "$WORK/tls/server.crt" "$WORK/tls/server.key"; else start "$scheme"; fi
    at=$scheme://127.0.0.1:$PORT/app
    reference "dump-$scheme" rtmpdump -r "$at/film" -o "$WORK/dump-$scheme.flv" || fail "$scheme: rtmpdump ended with status $?"
    same_film "a server in C, $scheme, Debian's rtmpdump plays" "$WORK/dump-$scheme.flv"
    row "$scheme" "server in C on ours, rtmpdump on Debian's" play
    reference "publish-$scheme" "$EXAMPLES/publish" --fast "$FILM" "$at/show" || fail "$scheme: publish ended with status $?"
    check_recording "a server in C, $scheme, Debian's library publishes"
    row "$scheme" "server in C on ours, Debian's library" publish
    if [ "$scheme" != rtmpe ]; then
        remux "$WORK/ffmpeg-$scheme.flv" -i "$at/film" || fail "$scheme: ffmpeg's play ended with status $?"
        SOURCE=$WORK/remuxed.flv same_film "a server in C, $scheme, ffmpeg plays" "$WORK/ffmpeg-$scheme.flv"
        row "$scheme" "server in C on ours, ffmpeg" play
        remux "$at/show" -i "$FILM" || fail "$scheme: ffmpeg's publish ended with status $?"
        SOURCE=$WORK/remuxed.flv check_recording "a server in C, $scheme, ffmpeg publishes"
        row "$scheme" "server in C on ours, ffmpeg" publish
    fi
    if [ "$scheme" = rtmps ]; then silent "no TLS"; else silent "no handshake"; fi
done
