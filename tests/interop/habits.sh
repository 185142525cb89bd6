#!/bin/bash
# The ways in which programs in the wild use the library (habits.c), in every scheme, against our server side and nginx.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need gcc gcc
gcc -std=c99 -Wall -Wextra -Werror -O1 -g -I"$ROOT/include" -o "$WORK/habits" "$HERE/habits.c" "$LIBDIR/librtmp.so.1" -pthread ||
    fail "habits.c does not compile"
start_nginx
NGINX=$SERVER
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films" --tls "$WORK/tls"
export LIBRTMP_TLS_VERIFY=0 LIMIT=20

habit() { # NAME HABIT URL FILE
    ours "$1" "$WORK/habits" "$2" "$3" "$4" || fail "$1: ended with status $?"
}
habits() { # NAME AT
    local name=$1 at=$2 way
    for way in packets media polls waits unasked again; do
        habit "$name-$way" "$way" "$at/vod/film" "$WORK/$name-$way.flv"
        same_film "$name, $way" "$WORK/$name-$way.flv"
    done
    for way in shutdown close; do
        habit "$name-$way" "$way" "$at/live/nobody live=1 timeout=15" "$WORK/none"
        echo "$name, $way: ended at once"
    done
}

habits nginx "$NGINX"
for way in packets-out header-first; do
    habit "nginx-$way" "$way" "$NGINX/live/$way" "$FILM"
    recorded_whole "$way"
done
for scheme in rtmp rtmps rtmpe rtmpt rtmpte rtmpts; do
    at=$(loopback_at "$scheme")
    [ -n "$at" ] || fail "the loopback server has no $scheme"
    habits "$scheme" "$at"
    # Nginx sends what it has sent already once more after a pause; this server goes on.
    habit "$scheme-pauses" pauses "$at/vod/film" "$WORK/$scheme-pauses.flv"
    same_film "$scheme, pauses" "$WORK/$scheme-pauses.flv"
    for way in packets-out header-first; do
        habit "$scheme-$way" "$way" "$at/live/$scheme-$way" "$FILM"
        loopback_notes "has published live/$scheme-$way"
        same_film "$scheme, $way" "$WORK/films/$scheme-$way.flv"
    done
done
