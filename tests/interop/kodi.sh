#!/bin/bash
# Kodi's add-on for rtmp:// (inputstream.rtmp), as Debian builds it, in a host that asks of it what Kodi asks (kodi.c): it is handed
# a stream in every scheme, with the properties that Kodi's play lists have, and is paused by the user.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need gcc gcc
need dpkg dpkg
debian_package kodi-addons-dev-common
gcc -std=gnu11 -Wall -Wextra -Werror -O1 -g -I"$UNPACKED/usr/include" -o "$WORK/kodi" "$HERE/kodi.c" -ldl ||
    fail "kodi.c does not compile"
debian_package kodi-inputstream-rtmp
ADDON=$(find "$UNPACKED" -name 'inputstream.rtmp.so.*' -type f)
[ -n "$ADDON" ] || fail "no add-on in $UNPACKED"

kodi() { # NAME URL FILE KEY=VALUE...
    LIBRTMP_TLS_VERIFY=0 LIMIT=20 ours "$1" "$WORK/kodi" "$ADDON" "${@:2}" || fail "$1: ended with status $?"
}
start_nginx
kodi nginx "$SERVER/vod" "$WORK/nginx.flv" inputstream.rtmp.PlayPath=film.flv "inputstream.rtmp.TcUrl=$SERVER/vod"
same_film "Kodi's add-on, from nginx" "$WORK/nginx.flv"
row rtmp "nginx" "play, by Kodi's inputstream.rtmp"

mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --tls "$WORK/tls"
for scheme in rtmp rtmps rtmpe rtmpt rtmpte rtmpts; do
    kodi "$scheme" "$(loopback_at "$scheme")/vod/film" "$WORK/$scheme.flv" inputstream.rtmp.IsLive=false
    same_film "Kodi's add-on over $scheme" "$WORK/$scheme.flv"
    row "$scheme" "ours, both ends" "play, by Kodi's inputstream.rtmp"
done

PAUSE=4 kodi paused "$SERVER/vod/film" "$WORK/paused.flv" inputstream.rtmp.IsLive=false
grep -q "Read resume detected" "$WORK/paused.log" || fail "the add-on noticed no pause"
same_film "Kodi's add-on, paused" "$WORK/paused.flv"
