#!/bin/bash
# What nginx refuses ends the program at once, with status 1 and the server's own words.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_nginx

refused() { # NAME WORDS COMMAND...
    local name=$1 words=$2 status=0 began=$SECONDS
    shift 2
    ours "$name" "$@" </dev/null || status=$?
    [ "$status" -eq 1 ] || fail "$name: status $status, should be 1"
    [ $((SECONDS - began)) -le 20 ] || fail "$name: took $((SECONDS - began)) s"
    grep -qi -- "$words" "$WORK/$name.log" || fail "$name: the log does not say '$words'"
    echo "$name: refused, and says so"
}

# A name that is taken.
mkfifo "$WORK/film"
ours_in_background first "$EXAMPLES/publish" --fast "$WORK/film" "$SERVER/live/taken"
exec 8>"$WORK/film"
until_true "the first publisher" grep -q "publish: name='taken'" "$WORK/nginx/error.log"
refused "second-publisher" "already publishing" "$EXAMPLES/publish" --fast "$FILM" "$SERVER/live/taken"
refused "second-publisher-in-packets" "already publishing" "$EXAMPLES/publish_packets" --fast "$FILM" "$SERVER/live/taken"
cat "$FILM" >&8
exec 8>&-
finish first || fail "the first publisher ended with status $?"
recorded_whole taken

refused "file-that-is-missing" "not found\|no such" "$EXAMPLES/play" "$SERVER/vod/missing.flv" "$WORK/x.flv"
refused "application-that-is-missing" "the server closed the connection" "$EXAMPLES/play" "$SERVER/missing/film.flv" "$WORK/x.flv"
refused "publishing-to-a-missing-application" "the server closed the connection" "$EXAMPLES/publish" "$FILM" "$SERVER/missing/film"
