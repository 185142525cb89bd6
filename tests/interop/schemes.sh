#!/bin/bash
# Every scheme with our server side (examples/loopback): the examples and rtmpdump play and publish on the library under test and on Debian's,
# so that our server side meets the reference.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need rtmpdump rtmpdump
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films" --tls "$WORK/tls"
# Debian's library does not know the option and verifies nothing.
export LIBRTMP_TLS_VERIFY=0

way() { sed -n "s/^$1 //p" "$WORK/loopback.out"; } # SCHEME
publishes() { # SCHEME ours|reference PEER
    loopback_notes "has published live/by-$1-$2"
    same_film "published, $1-$2" "$WORK/films/by-$1-$2.flv"
    row "$1" "$3" publish
}
REFERENCE_PEER="Debian's library, with our server side"

# The reference never reads the answers to its POSTs, so that its end resets the connection under what the server has not read yet, and
# that is lost. Its input has no end, therefore, before the server has all.
feed() { # SCHEME
    {
        cat "$FILM"
        until_true "the whole film by $1" flvtags compare --no-script --no-repeats "$FILM" "$WORK/films/by-$1-reference.flv"
    } >"$WORK/$1"
}
for scheme in rtmpt rtmpte rtmpts; do
    mkfifo "$WORK/$scheme"
    feed "$scheme" &
    CHILDREN+=("$!")
    reference_in_background "publish-$scheme-reference" "$EXAMPLES/publish" "$WORK/$scheme" "$(way $scheme)/live/by-$scheme-reference"
done

for scheme in rtmp rtmps rtmpe rtmpt rtmpte rtmpts; do
    at=$(way $scheme)
    [ -n "$at" ] || fail "the loopback server has no $scheme"
    for client in ours reference; do
        if [ "$client" = ours ]; then peer="ours, both ends"; else peer=$REFERENCE_PEER; fi
        name=$scheme-$client
        if [ "${BACKGROUND[publish-$name]:-}" = "" ]; then
            "$client" "publish-$name" "$EXAMPLES/publish" --fast "$FILM" "$at/live/by-$name" </dev/null ||
                fail "$name: publish ended with status $?"
            publishes "$scheme" "$client" "$peer"
        fi
        "$client" "play-$name" "$EXAMPLES/play" "$at/vod/film" "$WORK/$name.flv" </dev/null || fail "$name: play ended with status $?"
        same_film "played, $name" "$WORK/$name.flv"
        row "$scheme" "$peer" play
        "$client" "dump-$name" rtmpdump -r "$at/vod/film" -o "$WORK/dump-$name.flv" </dev/null || fail "$name: rtmpdump ended with status $?"
        same_film "played by rtmpdump, $name" "$WORK/dump-$name.flv"
        row "$scheme" "$peer" "play, by rtmpdump"
    done
done
for scheme in rtmpt rtmpte rtmpts; do
    finish "publish-$scheme-reference" || fail "$scheme: publish by the reference ended with status $?"
    publishes "$scheme" reference "$REFERENCE_PEER"
done
