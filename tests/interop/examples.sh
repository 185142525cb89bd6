#!/bin/bash
# The project's examples: each plays or publishes the whole film, ends cleanly on Ctrl-C, and says what is wrong, be it a connection
# that is lost.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
SCRIPTS=$ROOT/examples
# What the scripts say is looked at while they run.
export PYTHONUNBUFFERED=1
start_nginx

declare -A PLAYER=([play]="$EXAMPLES/play" [play.py]="$SCRIPTS/play.py")
declare -A PUBLISHER=([publish]="$EXAMPLES/publish" [publish_packets]="$EXAMPLES/publish_packets"
    [publish.py]="$SCRIPTS/publish.py")

for name in "${!PLAYER[@]}"; do
    player=${PLAYER[$name]}
    ours "$name-file" "$player" "$SERVER/vod/film.flv" "$WORK/$name.flv" || fail "$name ended with status $?"
    same_film "$name, file" "$WORK/$name.flv"
    ours "$name-stdout" "$player" "$SERVER/vod/film.flv" >"$WORK/$name.stdout.flv" || fail "$name ended with status $?"
    same_film "$name, standard output" "$WORK/$name.stdout.flv"
done

for name in "${!PUBLISHER[@]}"; do
    publisher=${PUBLISHER[$name]}
    ours_in_background "play-$name" "$EXAMPLES/play" "$SERVER/live/$name live=1" "$WORK/live.$name.flv"
    wait_player "$name"
    ours "$name-fast" "$publisher" --fast "$FILM" "$SERVER/live/$name" || fail "$name ended with status $?"
    recorded_whole "$name"
    finish "play-$name" || fail "play of $name ended with status $?"
    same_live "$name, played live" "$WORK/live.$name.flv"
done

# A player has all of a film that the server has recorded, as far as can be seen: it keeps the last bytes of its file to itself.
has_film() { # STREAM FILE
    until_true "the recording of $1" flvtags compare --no-script --no-repeats "$FILM" "$WORK/recorded/$1.flv"
    until_true "the film in ${2##*/}" grows "$2" 159000
    sleep 1
}

# In real time: eight seconds of film take eight seconds, for all publishers at once; players who come late get all the rest.
grows() { [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt "$2" ]; }
began=$SECONDS
for name in "${!PUBLISHER[@]}"; do
    ours_in_background "$name-paced" "${PUBLISHER[$name]}" "$FILM" "$SERVER/live/paced-$name"
done
until_true "a third of paced-publish" grows "$WORK/recorded/paced-publish.flv" 55000
for name in "${!PLAYER[@]}"; do
    ours_in_background "$name-late" "${PLAYER[$name]}" "$SERVER/live/paced-publish live=1" "$WORK/late-$name.flv"
done
for name in "${!PUBLISHER[@]}"; do
    finish "$name-paced" || fail "$name in real time ended with status $?"
    recorded_whole "paced-$name"
done
[ $((SECONDS - began)) -ge 7 ] || fail "a real-time publisher sent eight seconds of film in $((SECONDS - began))"
for name in "${!PLAYER[@]}"; do
    finish "$name-late" || fail "$name, coming late, ended with status $?"
    same_joined "$name, coming late" "$WORK/late-$name.flv"
done

# Ctrl-C: status 130 at once, and what was on its way is whole. `timeout` passes the signal on; --foreground, or it would
# send it a second time, which is one that ends the program the hard way.
start_interruptible() { # NAME COMMAND...   its process is $CHILD
    LD_LIBRARY_PATH=$LIBDIR timeout --foreground -k 2 60 "${@:2}" 2>"$WORK/$1.log" &
    CHILD=$!
    CHILDREN+=("$CHILD")
}
interrupt() { # NAME
    local status=0 began=$SECONDS
    kill -INT "$CHILD"
    wait "$CHILD" || status=$?
    [ "$status" -eq 130 ] || fail "$1: status $status after Ctrl-C, should be 130"
    [ $((SECONDS - began)) -le 10 ] || fail "$1: took $((SECONDS - began)) s to end after Ctrl-C"
    grep -q interrupted "$WORK/$1.log" || fail "$1 does not say that it was interrupted"
}
mkfifo "$WORK/film"
for name in "${!PLAYER[@]}"; do
    start_interruptible "$name-interrupted" "${PLAYER[$name]}" "$SERVER/live/quiet-$name live=1" "$WORK/part-$name.flv"
    wait_player "quiet-$name"
    # The publisher falls silent after the film, for as long as its input stays open: the player waits in a blocking read.
    ours_in_background "quiet-$name" "$EXAMPLES/publish" --fast "$WORK/film" "$SERVER/live/quiet-$name"
    exec 8>"$WORK/film"
    cat "$FILM" >&8
    has_film "quiet-$name" "$WORK/part-$name.flv"
    interrupt "$name-interrupted"
    same_live "$name, ended by Ctrl-C" "$WORK/part-$name.flv"
    exec 8>&-
    finish "quiet-$name" || fail "the publisher of quiet-$name ended with status $?"
done
for name in "${!PUBLISHER[@]}"; do
    start_interruptible "$name-interrupted" "${PUBLISHER[$name]}" "$FILM" "$SERVER/live/part-$name"
    until_true "a recording of part-$name" grows "$WORK/recorded/part-$name.flv" 4000
    interrupt "$name-interrupted"
    wait_recorded "part-$name"
    flvtags list "$WORK/recorded/part-$name.flv" >/dev/null || fail "$name: Ctrl-C left a damaged recording"
    echo "$name: ends cleanly on Ctrl-C"
done

# Errors: status 1 for what went wrong, 2 for a wrong command line, each with a message that names the program.
says() { # STATUS WORDS COMMAND...
    local wanted=$1 words=$2 status=0
    shift 2
    LD_LIBRARY_PATH=$LIBDIR timeout 60 "$@" </dev/null >"$WORK/says.out" 2>"$WORK/says.log" || status=$?
    [ "$status" -eq "$wanted" ] || fail "$*: status $status, should be $wanted"
    grep -qi -- "$words" "$WORK/says.log" || fail "$*: does not say '$words'"
}
CLOSED=rtmp://127.0.0.1:$(free_port)/app/x
head -c 5000 "$FILM" >"$WORK/cut.flv"
for name in "${!PLAYER[@]}"; do
    says 2 usage "${PLAYER[$name]}"
    says 1 "$name: not a usable" "${PLAYER[$name]}" "no-url" "$WORK/x.flv"
    says 1 "$name: cannot play" "${PLAYER[$name]}" "$CLOSED" "$WORK/x.flv"
    says 1 "$name: " "${PLAYER[$name]}" "$SERVER/vod/missing.flv" "$WORK/x.flv"
    says 1 "$name: .*No such file" "${PLAYER[$name]}" "$SERVER/vod/film.flv" "$WORK/no/such/directory.flv"
done
for name in "${!PUBLISHER[@]}"; do
    says 2 usage "${PUBLISHER[$name]}"
    says 1 "$name: not a usable" "${PUBLISHER[$name]}" "$FILM" "no-url"
    says 1 "$name: cannot publish" "${PUBLISHER[$name]}" "$FILM" "$CLOSED"
    says 1 "$name: .*open\|$name: .*No such file" "${PUBLISHER[$name]}" "$WORK/missing.flv" "$SERVER/live/x"
    says 1 "$name: .*not an FLV file" "${PUBLISHER[$name]}" "$WORK/nginx/nginx.conf" "$SERVER/live/x"
    says 1 "$name: .*ends inside a tag" "${PUBLISHER[$name]}" --fast "$WORK/cut.flv" "$SERVER/live/x-$name"
done
echo "usage and errors: as documented"

# The server dies in mid-stream: status 1, and what arrived is in the file.
for name in "${!PLAYER[@]}"; do
    ours_in_background "$name-lost" "${PLAYER[$name]}" "$SERVER/live/lost live=1" "$WORK/lost-$name.flv"
done
until_true "${#PLAYER[@]} players of lost" eval '[ "$(grep -c "play: name=.lost." "$WORK/nginx/error.log")" -eq ${#PLAYER[@]} ]'
ours_in_background lost "$EXAMPLES/publish" --fast "$WORK/film" "$SERVER/live/lost"
exec 8>"$WORK/film"
cat "$FILM" >&8
for name in "${!PLAYER[@]}"; do has_film lost "$WORK/lost-$name.flv"; done
kill -KILL "$(cat "$WORK/nginx/nginx.pid")"
for name in "${!PLAYER[@]}"; do
    status=0
    finish "$name-lost" || status=$?
    [ "$status" -eq 1 ] || fail "$name: status $status when the connection was lost, should be 1"
    grep -q "$name: .*lost\|$name: .*broke off" "$WORK/$name-lost.log" || fail "$name does not say that the stream broke off"
    same_live "$name, when the connection was lost" "$WORK/lost-$name.flv"
done
echo "a lost connection: status 1, and what arrived is there"
