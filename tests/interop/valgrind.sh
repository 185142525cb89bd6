#!/bin/bash
# The examples under valgrind, playing, publishing and being refused: no invalid access, nothing lost.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need valgrind valgrind
start_nginx

clean() { # STATUS NAME COMMAND...
    local wanted=$1 name=$2 status=0
    shift 2
    LIMIT=120 ours "$name" valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
        "$@" || status=$?
    [ "$status" -eq "$wanted" ] || fail "$name: status $status, should be $wanted"
    ! grep '^==' "$WORK/$name.log" >&2 || fail "$name: valgrind has something to say"
    echo "$name: clean"
}

clean 0 publish "$EXAMPLES/publish" --fast --piece 13 "$FILM" "$SERVER/live/publish"
recorded_whole publish
clean 0 small-chunks "$EXAMPLES/publish_packets" --fast "$FILM" "$SERVER/live/small-chunks chunk=128"
recorded_whole small-chunks
clean 0 play "$EXAMPLES/play" "$SERVER/vod/film.flv" "$WORK/played.flv"
same_film play "$WORK/played.flv"
clean 1 missing-file "$EXAMPLES/play" "$SERVER/vod/missing.flv" "$WORK/x.flv"
clean 1 missing-application "$EXAMPLES/publish" "$FILM" "$SERVER/missing/film"
clean 1 wrong-option "$EXAMPLES/play" "$SERVER/vod/film.flv nonsense=1" "$WORK/x.flv"
clean 1 silent-server "$EXAMPLES/play" "$SERVER/live/nobody live=1 timeout=1" "$WORK/x.flv"
