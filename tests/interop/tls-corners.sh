#!/bin/bash
# TLS as no server does it (tls_front.py, python's ssl): records of one byte, many session tickets or none, an end with a closing message told
# from one without.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_nginx
make_ca "$WORK/tls"
make_certificate server "IP:127.0.0.1"
front() { # NAME VERSION TICKETS RECORD LIMIT END
    python3 "$HERE/tls_front.py" "$WORK/tls/server.crt" "$WORK/tls/server.key" "$PORT" "${@:2}" >"$WORK/$1.port" 2>"$WORK/front-$1.log" &
    CHILDREN+=("$!")
    until_true "the start of $1" grep -q '^[0-9]' "$WORK/$1.port"
    AT=rtmps://127.0.0.1:$(cat "$WORK/$1.port")
}
for case in "TLSv1_3 0 16384" "TLSv1_3 8 16384" "TLSv1_3 2 1" "TLSv1_2 0 1"; do
    read -r version tickets record <<<"$case"
    name=$version-$tickets-$record
    front "$name" "$version" "$tickets" "$record" 0 clean
    ours "publish-$name" "$EXAMPLES/publish" --fast "$FILM" "$AT/live/$name tlsCaFile=$CA" || fail "$name: publish ended with status $?"
    recorded_whole "$name"
    ours "play-$name" "$EXAMPLES/play" "$AT/vod/film.flv tlsCaFile=$CA" "$WORK/$name.flv" || fail "$name: play ended with status $?"
    same_film "played, $name" "$WORK/$name.flv"
    peer="python's ssl, ${version/v1_/ 1.}, $tickets tickets, records of at most $record bytes"
    row rtmps "$peer" publish
    row rtmps "$peer" play
done
for end in clean cut; do
    front "$end" TLSv1_3 2 16384 60000 "$end"
    status=0
    ours "$end" "$EXAMPLES/play" -v "$AT/vod/film.flv tlsCaFile=$CA" "$WORK/$end.flv" || status=$?
    [ "$status" -eq 1 ] || fail "$end: status $status, should be 1"
    # 60000 bytes of a film of 167543.
    same_film "what had arrived, $end" "$WORK/$end.flv" --unsent 400
    [ "$(stat -c %s "$WORK/$end.flv")" -ge 45000 ] || fail "$end: not all that had arrived was kept"
done
CUT="cut without a closing message"
grep -q "$CUT" "$WORK/cut.log" || fail "a bare FIN is not named"
if grep -q "$CUT" "$WORK/clean.log"; then fail "a closing message is called a cut"; fi
row rtmps "python's ssl" "refused: a stream cut without a closing message"
