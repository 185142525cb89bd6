#!/bin/bash
# A bracketed IPv6 address in the URL: play, publish and rtmpdump.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need rtmpdump rtmpdump
start_nginx

ours play "$EXAMPLES/play" "rtmp://[::1]:$PORT/vod/film.flv" "$WORK/played.flv" || fail "play ended with status $?"
same_film "play" "$WORK/played.flv"
row rtmp "nginx, over IPv6" play
ours rtmpdump rtmpdump -r "rtmp://[::1]:$PORT/vod/film.flv" -o "$WORK/dumped.flv" || fail "rtmpdump ended with status $?"
same_film "rtmpdump" "$WORK/dumped.flv"
ours publish "$EXAMPLES/publish" --fast "$FILM" "rtmp://[::1]:$PORT/live/six" || fail "publish ended with status $?"
recorded_whole six
row rtmp "nginx, over IPv6" publish
