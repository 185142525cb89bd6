#!/bin/bash
# Debian's rtmpdump plays a file and a live stream from nginx.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need rtmpdump rtmpdump
start_nginx

ours vod rtmpdump -r "$SERVER/vod/film.flv" -o "$WORK/vod.flv" || fail "rtmpdump ended with status $?"
grep -q 'Download complete' "$WORK/vod.log" || fail "rtmpdump does not call the download complete"
same_film "file from nginx" "$WORK/vod.flv"
row rtmp "nginx" "play, by rtmpdump"

ours_in_background live rtmpdump --live -r "$SERVER/live/show" -o "$WORK/live.flv"
wait_player show
ours publish "$EXAMPLES/publish" --fast "$FILM" "$SERVER/live/show" || fail "publish ended with status $?"
finish live || fail "rtmpdump --live ended with status $?"
same_live "live from nginx" "$WORK/live.flv"
row rtmp "nginx" "play live, by rtmpdump"
