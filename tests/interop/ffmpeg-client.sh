#!/bin/bash
# ffmpeg's own clients against our server side (examples/loopback): each scheme that ffmpeg has, play and publish.
# Debian's ffmpeg is built without rtmpe and rtmpte. A tunnel that it closes it does not empty first: what it gathered for the next
# POST, up to 4096 bytes, it never sends.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need ffmpeg ffmpeg
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films" --tls "$WORK/tls"
remux "$WORK/film.flv" -i "$FILM"
export SOURCE=$WORK/film.flv

for scheme in rtmp rtmps rtmpt rtmpts; do
    ffmpeg -hide_banner -protocols 2>/dev/null | grep -qx "  $scheme" || fail "this ffmpeg has no $scheme"
    at=$(sed -n "s/^$scheme //p" "$WORK/loopback.out")
    [ -n "$at" ] || fail "the loopback server has no $scheme"
    remux "$WORK/play-$scheme.flv" -i "$at/vod/film" || fail "$scheme: ffmpeg's play ended with status $?"
    same_film "ffmpeg plays, $scheme" "$WORK/play-$scheme.flv"
    row "$scheme" "ffmpeg, with our server side" "play"
    remux "$at/live/by-$scheme" -i "$FILM" || fail "$scheme: ffmpeg's publish ended with status $?"
    loopback_notes "has published live/by-$scheme"
    unsent=0
    case $scheme in rtmpt*) unsent=20 ;; esac
    same_film "ffmpeg publishes, $scheme" "$WORK/films/by-$scheme.flv" --unsent "$unsent"
    row "$scheme" "ffmpeg, with our server side" "publish"
done
