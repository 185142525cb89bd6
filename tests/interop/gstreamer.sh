#!/bin/bash
# GStreamer's rtmpsrc and rtmpsink, the elements of Debian's plugin package that use librtmp.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need gst-launch-1.0 gstreamer1.0-tools
gst_plugins coreelements flv rtmp

launch() { # NAME PIPELINE...
    local name=$1
    shift
    ours "$name" gst-launch-1.0 -q "$@" >"$WORK/$name.out" || fail "$name: the pipeline ended with status $?"
}
start_nginx

# A file has an end, and the pipeline ends there.
launch rtmpsrc rtmpsrc location="$SERVER/vod/film.flv" ! filesink location="$WORK/played.flv"
same_film "rtmpsrc" "$WORK/played.flv"
row rtmp "nginx" "play, by GStreamer rtmpsrc"

# filesrc reads 4096 bytes at a time, so tags are cut anywhere.
launch filesrc filesrc location="$FILM" ! rtmpsink location="$SERVER/live/filesrc"
recorded_whole filesrc

timeout 60 gst-launch-1.0 -q "${GST_REMUX[@]}" ! filesink location="$WORK/remuxed.flv" || fail "GStreamer cannot remux the film"
launch flvmux "${GST_REMUX[@]}" ! rtmpsink sync=false location="$SERVER/live/flvmux"
SOURCE=$WORK/remuxed.flv recorded_whole flvmux
row rtmp "nginx" "publish, by GStreamer rtmpsink"
