#!/bin/bash
# What servers ask of their clients, with a scripted server (scripted_server.py) that computes by itself what it should hear: publisher
# authentication of both kinds, with options and with the URL's user:password@; the SWF's hash; the SecureToken. What is secret is in no log.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need rtmpdump rtmpdump
PASSWORD=s3cret-word

scripted() { # NAME ARGUMENT...
    local name=$1
    shift
    NOTES=$WORK/notes-$name.log
    python3 "$HERE/scripted_server.py" "$@" >"$NOTES" 2>"$WORK/scripted-$name.log" &
    CHILDREN+=("$!")
    until_true "the scripted server" grep -q '^[0-9]' "$NOTES"
    AT=127.0.0.1:$(head -n 1 "$NOTES")
}
silent() { # NAME SECRET
    if grep -qF -- "$2" "$WORK/$1.log"; then fail "$1: the log has the secret"; fi
}
published() { # NAME URL
    rm -f "$WORK/$1.flv"
    ours "$1" "$EXAMPLES/publish" --fast -v -v "$FILM" "$2" || fail "$1: publish ended with status $?"
    until_true "the recording of $1" grep -q recorded "$NOTES"
    grep -q '^authenticated' "$NOTES" || fail "$1: published without authentication"
    same_film "$1" "$WORK/$1.flv"
    silent "$1" "$PASSWORD"
}
for kind in adobe adobe-challenge llnw; do
    scripted "$kind" "$kind" "$WORK/$kind.flv"
    published "$kind" "rtmp://$AT/app/show pubUser=alice pubPasswd=$PASSWORD"
    row rtmp "scripted server, publisher authentication ($kind)" publish
done
scripted llnw-instance llnw "$WORK/llnw-instance.flv"
published llnw-instance "rtmp://$AT/app/_definst_/show app=app/_definst_ pubUser=alice pubPasswd=$PASSWORD"
scripted in-url adobe "$WORK/in-url.flv"
published in-url "rtmp://alice:$PASSWORD@$AT/app/show"
row rtmp "scripted server, user:password@ in the URL" publish

refused() { # NAME WORDS OPTIONS
    local status=0
    ours "$1" "$EXAMPLES/publish" --fast -v -v "$FILM" "rtmp://$AT/app/show $3" || status=$?
    [ "$status" -eq 1 ] || fail "$1: status $status, should be 1"
    grep -q -- "$2" "$WORK/$1.log" || fail "$1: the log does not say '$2'"
    silent "$1" "wr0ng-word"
    silent "$1" "$PASSWORD"
    echo "$1: refused, and says so"
}
for kind in adobe llnw; do
    scripted "refuse-$kind" "$kind" "$WORK/refused.flv"
    refused "$kind-wrong-password" "rejected the publisher's password" "pubUser=alice pubPasswd=wr0ng-word"
    refused "$kind-wrong-user" "does not know the publisher's name" "pubUser=bob pubPasswd=wr0ng-word"
    refused "$kind-no-user" "give pubUser= and pubPasswd=" ""
    [ ! -e "$WORK/refused.flv" ] || fail "$kind: something was published"
done
scripted again again "$WORK/refused.flv"
refused third-round "asks again" "pubUser=alice pubPasswd=$PASSWORD"
[ "$(grep -c '^connect' "$NOTES")" -eq 3 ] || fail "not three connections for two rounds"

# A SWF, compressed, on an HTTP server; its hash is remembered in the user's home.
python3 - "$WORK" <<'PY'
import random, struct, sys, zlib
random.seed(1)
body = random.randbytes(3000) + bytes(5000)
head = bytes([9]) + struct.pack("<I", len(body) + 8)
open(sys.argv[1] + "/plain.swf", "wb").write(b"FWS" + head + body)
import os
os.mkdir(sys.argv[1] + "/www")
open(sys.argv[1] + "/www/player.swf", "wb").write(b"CWS" + head + zlib.compress(body))
PY
WEB=$(free_port)
python3 -m http.server --bind 127.0.0.1 --directory "$WORK/www" "$WEB" >"$WORK/web.log" 2>&1 &
CHILDREN+=("$!")
until_true "the HTTP server" listening "$WEB"
export HOME=$WORK
SWF=http://127.0.0.1:$WEB/player.swf
scripted swf swf "$FILM" "$WORK/plain.swf"
ours swf "$EXAMPLES/play" "rtmp://$AT/app/show swfUrl=$SWF swfVfy=1" "$WORK/swf.flv" || fail "swfVfy: play ended with status $?"
grep -q 'SWF verified' "$NOTES" || fail "the SWF was not verified"
same_film "SWF verification" "$WORK/swf.flv"
row rtmp "scripted server, SWF verification (type 1)" play
rm "$WORK/.swfinfo"
ours swf-dump rtmpdump -r "rtmp://$AT/app/show" -W "$SWF" -o "$WORK/swf-dump.flv" || fail "rtmpdump -W ended with status $?"
same_film "SWF verification, rtmpdump" "$WORK/swf-dump.flv"
row rtmp "scripted server, SWF verification (type 1)" "play, by rtmpdump"
[ -s "$WORK/.swfinfo" ] || fail "no cache of SWF hashes"
reference swf-reference rtmpdump -r "rtmp://$AT/app/show" -W "$SWF" -o "$WORK/swf-reference.flv" ||
    fail "rtmpdump -W on Debian's library ended with status $?"
same_film "SWF verification, Debian's rtmpdump with our cache" "$WORK/swf-reference.flv"
[ "$(grep -c 'SWF verified' "$NOTES")" -eq 3 ] || fail "not three verifications"
# Type 2 is known to nobody: it is named and not answered, as by the reference.
scripted swf2 swf2 "$FILM" "$WORK/plain.swf"
status=0
ours swf2 "$EXAMPLES/play" -v "rtmp://$AT/app/show swfUrl=$SWF swfVfy=1 timeout=1" "$WORK/x.flv" || status=$?
[ "$status" -eq 1 ] || fail "type 2: status $status, should be 1"
grep -q "SWF verification of type 2; only type 1 is known" "$WORK/swf2.log" || fail "the unknown type is not named"
! grep -q SWF "$NOTES" || fail "type 2 was answered"
row rtmp "scripted server, SWF verification (type 2)" "refused: type 2 is not known"

scripted token token "$FILM" "t0ken-of-8-or-16"
ours token "$EXAMPLES/play" -v -v "rtmp://$AT/app/show token=t0ken-of-8-or-16" "$WORK/token.flv" || fail "token: play ended with status $?"
grep -q 'token answered well' "$NOTES" || fail "the SecureToken was not answered"
same_film "SecureToken" "$WORK/token.flv"
silent token t0ken-of-8-or-16
row rtmp "scripted server, SecureToken" play
ours token-dump rtmpdump -r "rtmp://$AT/app/show" -T t0ken-of-8-or-16 -o "$WORK/token-dump.flv" || fail "rtmpdump -T ended with status $?"
same_film "SecureToken, rtmpdump" "$WORK/token-dump.flv"
row rtmp "scripted server, SecureToken" "play, by rtmpdump"
