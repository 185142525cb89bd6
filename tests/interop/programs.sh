#!/bin/bash
# The reference's own programs, each on the library under test and on Debian's: rtmpsrv, rtmpsuck and rtmpgw serve rtmpdump, with rtmp and
# with rtmpe, both ways round. rtmpsrv and rtmpsuck listen on port 1935 of every address and nowhere else, so all of it runs in a network
# namespace of its own; where none can be made, that port has to be free.
set -euo pipefail
if [ -z "${INTEROP_APART:-}" ]; then
    for unshare in "unshare --net" "unshare --map-root-user --net"; do
        # shellcheck disable=SC2086
        if $unshare true 2>/dev/null; then
            exec env INTEROP_APART=yes $unshare bash "$0" "$@"
        fi
    done
fi
PATH=$PATH:/usr/sbin:/sbin
[ -z "${INTEROP_APART:-}" ] || ip link set lo up
. "$(dirname "$0")/lib.sh"
need ip iproute2
for program in rtmpsrv rtmpsuck rtmpgw rtmpdump; do need "$program" rtmpdump; done
need curl curl
! port_is_open 127.0.0.1 1935 2>/dev/null || fail "port 1935 is in use, and no network namespace can be made"
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films"
mkfifo "$WORK/stdin"
exec 9<>"$WORK/stdin" # the programs read commands and would end, or complain, at the end of their input

# The program on one of the libraries, in a directory of its own since it writes files where it stands.
serve() { # NAME LIBRARY PROGRAM ARGUMENT...
    local name=$1 library=$2
    shift 2
    mkdir "$WORK/$name"
    (cd "$WORK/$name" && exec env LD_LIBRARY_PATH="$library" "$@" <&9 >"$WORK/$name.log" 2>&1) &
    SERVING=$!
    CHILDREN+=("$SERVING")
    until_true "the start of $name" listening "$LISTENS"
    grep -q "$library/librtmp.so.1" "/proc/$SERVING/maps" || fail "$name does not run on $library"
}
stop_serving() {
    kill "$SERVING" 2>/dev/null || true
    wait "$SERVING" 2>/dev/null || true
}

declare -A DIRECTORY=([ours]=$LIBDIR [reference]=$REFERENCE)
for server in ours reference; do
    for client in ours reference; do
        [ "$server$client" != referencereference ] || continue
        for scheme in rtmp rtmpe; do
            who="$scheme-$client-to-$server"
            # The server behind, which the programs find through tcUrl.
            behind=$scheme${SERVER#rtmp}/vod
            if [ "$server" = ours ]; then peer="on ours, rtmpdump on $client"; else peer="on Debian's, rtmpdump on $client"; fi
            peer=${peer/on reference/on Debian\'s}
            LISTENS=1935
            serve "srv-$who" "${DIRECTORY[$server]}" rtmpsrv
            # rtmpsrv notes what the client asks for, lets it go, and plays the same by itself, with rtmpdump.
            "$client" "dump-srv-$who" rtmpdump -r "$scheme://127.0.0.1:1935/vod/film" -t "$behind" -o "$WORK/srv-$who.flv" </dev/null ||
                [ $? -ne 97 ] || fail "srv-$who: rtmpdump did not run on the library that it should"
            grep -q "^INFO: Connected" "$WORK/dump-srv-$who.log" || fail "srv-$who: rtmpdump did not connect"
            until_true "rtmpsrv's own rtmpdump" grep -q "Download complete" "$WORK/srv-$who.log"
            grep -q -- "rtmpdump -r \"$behind\" .*-y \"film\"" "$WORK/srv-$who.log" || fail "srv-$who: not the client's parameters"
            stop_serving
            same_film "rtmpsrv-$who" "$WORK/srv-$who/film.flv"
            row "$scheme" "rtmpsrv $peer" serve

            serve "suck-$who" "${DIRECTORY[$server]}" rtmpsuck
            "$client" "dump-suck-$who" rtmpdump -r "$scheme://127.0.0.1:1935/vod/film" -t "$behind" -o "$WORK/suck-$who.flv" </dev/null ||
                fail "suck-$who: rtmpdump ended with status $?"
            same_film "through rtmpsuck, $who" "$WORK/suck-$who.flv"
            stop_serving
            row "$scheme" "rtmpsuck $peer" "relay and play"
        done
    done
done

# rtmpgw on each library, with every scheme of the server behind; the reference meets our server side here.
start_gateway() { # NAME LIBRARY
    LISTENS=$(free_port)
    serve "$1" "$2" rtmpgw -D 127.0.0.1 -g "$LISTENS"
}
for library in ours reference; do
    who=$([ "$library" = ours ] && echo ours || echo "Debian's")
    for scheme in rtmp rtmpe rtmpt rtmpte; do
        at=$(sed -n "s/^$scheme //p" "$WORK/loopback.out")
        start_gateway "gw-$scheme-$library" "${DIRECTORY[$library]}"
        timeout 60 curl -sS -o "$WORK/gw-$scheme-$library.flv" "http://127.0.0.1:$LISTENS/?r=${at//\//%2f}%2fvod%2ffilm" ||
            fail "rtmpgw, $scheme, $library: the HTTP request ended with status $?"
        same_film "through rtmpgw, $scheme, $library" "$WORK/gw-$scheme-$library.flv"
        stop_serving
        row "$scheme" "rtmpgw on $who, with our server side" play
    done
done
