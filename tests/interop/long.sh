#!/bin/bash
# Eight minutes of film, ten megabytes, from 16 700 s on: through acknowledgement windows and over the mark of 2^24 milliseconds,
# where timestamps no longer fit into a chunk header and go behind it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need rtmpdump rtmpdump
start_nginx
LONG=$WORK/vod/long.flv
flvtags loop "$FILM" 60 16700000 "$LONG"

# The recorder counts from the first frame, hence --shift.
ours publish "$EXAMPLES/publish" --fast "$LONG" "$SERVER/live/publish" || fail "publish ended with status $?"
SOURCE=$LONG recorded_whole publish --shift
ours packets "$EXAMPLES/publish_packets" --fast "$LONG" "$SERVER/live/packets" || fail "publish_packets ended with status $?"
SOURCE=$LONG recorded_whole packets --shift

# nginx sends as much of a file ahead as the player says that it can hold: ten hours.
ours play "$EXAMPLES/play" "$SERVER/vod/long.flv buffer=36000000" "$WORK/played.flv" || fail "play ended with status $?"
SOURCE=$LONG same_film "play" "$WORK/played.flv"
ours dump rtmpdump -r "$SERVER/vod/long.flv" -o "$WORK/dumped.flv" || fail "rtmpdump ended with status $?"
SOURCE=$LONG same_film "rtmpdump" "$WORK/dumped.flv"
