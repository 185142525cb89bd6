#!/bin/bash
# The examples under valgrind, playing, publishing and being refused: no invalid access, nothing lost. Debian's rtmpdump and
# curl: no invalid access; rtmpdump loses memory of its own.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need valgrind valgrind
need rtmpdump rtmpdump
need curl curl
PATH=/usr/bin:$PATH
# curl sees the end of a file at nginx's next ping: see curl.sh.
NGINX_RTMP='ping 1s; ping_timeout 5s;' start_nginx

leaks=(--leak-check=full --errors-for-leak-kinds=definite,indirect,possible)
clean() { # STATUS NAME COMMAND...
    local wanted=$1 name=$2 status=0
    shift 2
    LIMIT=120 ours "$name" valgrind -q --error-exitcode=99 "${leaks[@]}" "$@" || status=$?
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

leaks=(--leak-check=no)
clean 0 rtmpdump rtmpdump -q -r "$SERVER/vod/film.flv" -o "$WORK/rtmpdump.flv"
same_film rtmpdump "$WORK/rtmpdump.flv"
clean 0 curl curl -sS -o "$WORK/curl.flv" "$SERVER/vod/film.flv"
same_film curl "$WORK/curl.flv"
