#!/bin/bash
# Debian's rtmpdump plays a file and a live stream from nginx.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need ffmpeg ffmpeg
need rtmpdump rtmpdump
start_nginx

ours vod rtmpdump -r "$SERVER/vod/film.flv" -o "$WORK/vod.flv" || fail "rtmpdump ended with status $?"
grep -q 'Download complete' "$WORK/vod.log" || fail "rtmpdump does not call the download complete"
same_film "file from nginx" "$WORK/vod.flv"
row rtmp "nginx" "play, by rtmpdump"

# nginx answers a seek with the film's own times, where others count from the frame they begin with. It needs an index of
# keyframes, and goes to the one after the time asked for unless that is in the last part.
timeout 60 ffmpeg -nostdin -loglevel error -i "$FILM" -c copy -copyts \
    -flvflags add_keyframe_index+no_duration_filesize+no_sequence_end -f flv "$WORK/vod/indexed.flv" ||
    fail "ffmpeg ended with status $?"
ours indexed rtmpdump -r "$SERVER/vod/indexed.flv" -o "$WORK/indexed.flv" || fail "rtmpdump ended with status $?"
first_tags 500 "$WORK/indexed.flv" >"$WORK/resumed.flv"
ours resumed rtmpdump -r "$SERVER/vod/indexed.flv" --resume -o "$WORK/resumed.flv" ||
    fail "rtmpdump --resume ended with status $?"
SOURCE=$WORK/vod/indexed.flv same_film "file from nginx, resumed" "$WORK/resumed.flv"
row rtmp "nginx" "resume a film, by rtmpdump"

ours_in_background live rtmpdump --live -r "$SERVER/live/show" -o "$WORK/live.flv"
wait_player show
ours publish "$EXAMPLES/publish" --fast "$FILM" "$SERVER/live/show" || fail "publish ended with status $?"
finish live || fail "rtmpdump --live ended with status $?"
same_live "live from nginx" "$WORK/live.flv"
row rtmp "nginx" "play live, by rtmpdump"
