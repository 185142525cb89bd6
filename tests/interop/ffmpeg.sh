#!/bin/bash
# ffmpeg as the peer: as a server that takes what we publish, and as a publisher whose stream we play.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need ffmpeg ffmpeg
start_nginx
PEER=$(free_port)

remux "$WORK/film.flv" -i "$FILM"
remux "$WORK/taken.flv" -listen 1 -timeout 30 -i "rtmp://127.0.0.1:$PEER/app/show" &
SERVER_PID=$!
CHILDREN+=("$SERVER_PID")
until_true "ffmpeg listening" listening "$PEER"
ours publish "$EXAMPLES/publish" --fast "$FILM" "rtmp://127.0.0.1:$PEER/app/show" || fail "publish ended with status $?"
wait "$SERVER_PID" || fail "ffmpeg as a server ended with status $?"
SOURCE=$WORK/film.flv same_film "ffmpeg takes what we publish" "$WORK/taken.flv"
row rtmp "ffmpeg as a server" publish

ours_in_background play "$EXAMPLES/play" "$SERVER/live/show live=1" "$WORK/played.flv"
wait_player show
remux "$SERVER/live/show" -i "$FILM" || fail "ffmpeg as a publisher ended with status $?"
finish play || fail "play ended with status $?"
SOURCE=$WORK/film.flv same_live "we play what ffmpeg publishes" "$WORK/played.flv"
row rtmp "nginx, ffmpeg publishing" "play, live"
