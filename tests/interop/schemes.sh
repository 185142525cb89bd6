#!/bin/bash
# Every scheme with our server side (examples/loopback): the examples and rtmpdump play and publish on the library under test and on Debian's,
# so that the peer of ours is the reference, each way round. What the reference cannot is in the table as such.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need rtmpdump rtmpdump
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films" --tls "$WORK/tls"
# Debian's library does not know the option and verifies nothing.
export LIBRTMP_TLS_VERIFY=0 LIMIT=20

for scheme in rtmp rtmps rtmpe rtmpt rtmpte rtmpts; do
    at=$(sed -n "s/^$scheme //p" "$WORK/loopback.out")
    [ -n "$at" ] || fail "the loopback server has no $scheme"
    for client in ours reference; do
        if [ "$client" = ours ]; then peer="ours, both ends"; else peer="Debian's library, with our server side"; fi
        name=$scheme-$client
        "$client" "publish-$name" "$EXAMPLES/publish" --fast "$FILM" "$at/live/by-$name" </dev/null || fail "$name: publish ended with status $?"
        loopback_notes "has published live/by-$name"
        same_film "published, $name" "$WORK/films/by-$name.flv"
        row "$scheme" "$peer" publish
        "$client" "play-$name" "$EXAMPLES/play" "$at/vod/film" "$WORK/$name.flv" </dev/null || fail "$name: play ended with status $?"
        same_film "played, $name" "$WORK/$name.flv"
        row "$scheme" "$peer" play
        "$client" "dump-$name" rtmpdump -r "$at/vod/film" -o "$WORK/dump-$name.flv" </dev/null || fail "$name: rtmpdump ended with status $?"
        same_film "played by rtmpdump, $name" "$WORK/dump-$name.flv"
        row "$scheme" "$peer" "play, by rtmpdump"
    done
done
