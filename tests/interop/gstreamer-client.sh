#!/bin/bash
# GStreamer's own clients, rtmp2src and rtmp2sink, which do not use librtmp, against our server side (examples/loopback).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need gst-launch-1.0 gstreamer1.0-tools
gst_plugins coreelements flv rtmp2

launch() { # NAME PIPELINE...
    timeout 60 gst-launch-1.0 -q "${@:2}" >"$WORK/$1.log" 2>&1 || fail "$1: the pipeline ended with status $?"
}
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films" --tls "$WORK/tls"
launch remux "${GST_REMUX[@]}" ! filesink location="$WORK/remuxed.flv"

for scheme in rtmp rtmps; do
    at=$(loopback_at "$scheme")
    launch "play-$scheme" rtmp2src location="$at/vod/film" tls-validation-flags=0 ! filesink location="$WORK/$scheme.flv"
    same_film "rtmp2src, $scheme" "$WORK/$scheme.flv"
    row "$scheme" "GStreamer's rtmp2src, with our server side" play
    launch "publish-$scheme" "${GST_REMUX[@]}" ! rtmp2sink sync=false location="$at/live/by-$scheme" tls-validation-flags=0
    loopback_notes "has published live/by-$scheme"
    SOURCE=$WORK/remuxed.flv same_film "rtmp2sink, $scheme" "$WORK/films/by-$scheme.flv"
    row "$scheme" "GStreamer's rtmp2sink, with our server side" publish
done
