#!/bin/bash
# Play and publish through proxies: SOCKS4 and SOCKS5 (Debian's dante), SOCKS5 with a password (microsocks), CONNECT (tinyproxy, with a
# password), SOCKS4a (a small scripted one, which no package of Debian's speaks to the letter: it must be given the name, not an address).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need microsocks microsocks
need tinyproxy tinyproxy-bin
need danted dante-server
start_nginx
NAMED=rtmp://localhost:$PORT # to be resolved by the proxy, where the scheme says so

DANTE=$(free_port)
cat >"$WORK/danted.conf" <<CONF
logoutput: $WORK/dante.log
internal: 127.0.0.1 port = $DANTE
external: lo
clientmethod: none
socksmethod: none
user.privileged: $(id -un)
user.unprivileged: $(id -un)
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 log: connect }
CONF
danted -f "$WORK/danted.conf" -p "$WORK/danted.pid" -N 1 >"$WORK/danted.log" 2>&1 &
CHILDREN+=("$!")
MICRO=$(free_port)
microsocks -i 127.0.0.1 -p "$MICRO" -u alice -P 'open sesame' >"$WORK/microsocks.log" 2>&1 &
CHILDREN+=("$!")
TINY=$(free_port)
cat >"$WORK/tinyproxy.conf" <<CONF
Port $TINY
Listen 127.0.0.1
Timeout 30
LogFile "$WORK/tinyproxy.notes.log"
LogLevel Connect
PidFile "$WORK/tinyproxy.pid"
MaxClients 20
Allow 127.0.0.1
ConnectPort $PORT
BasicAuth alice sesame
CONF
tinyproxy -d -c "$WORK/tinyproxy.conf" >"$WORK/tinyproxy.log" 2>&1 &
CHILDREN+=("$!")
SCRIPTED=$(free_port)
python3 "$HERE/socks4a.py" "$SCRIPTED" >"$WORK/socks4a.notes.log" 2>"$WORK/socks4a.log" &
CHILDREN+=("$!")
for port in "$DANTE" "$MICRO" "$TINY" "$SCRIPTED"; do until_true "a proxy on port $port" listening "$port"; done

through() { # NAME SERVER PROXY PEER
    ours "publish-$1" "$EXAMPLES/publish" --fast "$FILM" "$2/live/$1 socks=$3" || fail "$1: publish ended with status $?"
    recorded_whole "$1"
    row rtmp "nginx through $4" publish
    ours "play-$1" "$EXAMPLES/play" "$2/vod/film.flv socks=$3" "$WORK/$1.flv" || fail "$1: play ended with status $?"
    same_film "played through $1" "$WORK/$1.flv"
    row rtmp "nginx through $4" play
}
through socks4 "$SERVER" "127.0.0.1:$DANTE" "dante, SOCKS4"
through socks5 "$SERVER" "socks5://127.0.0.1:$DANTE" "dante, SOCKS5"
[ "$(grep -c "pass(.*tcp/connect" "$WORK/dante.log")" -ge 4 ] || fail "not all went through dante"
through socks5-password "$SERVER" "socks5://alice:open%20sesame@127.0.0.1:$MICRO" "microsocks, SOCKS5 with a password"
through socks5h "$NAMED" "socks5h://alice:open%20sesame@127.0.0.1:$MICRO" "microsocks, SOCKS5 with a name"
through connect "$SERVER" "http://alice:sesame@127.0.0.1:$TINY" "tinyproxy, CONNECT with a password"
through connect-name "$NAMED" "http://alice:sesame@127.0.0.1:$TINY" "tinyproxy, CONNECT with a name"
through socks4a "$NAMED" "socks4a://127.0.0.1:$SCRIPTED" "a scripted proxy, SOCKS4a"
[ "$(grep -c granted "$WORK/socks4a.notes.log")" -ge 2 ] || fail "not all went through the SOCKS4a proxy"

# What a proxy refuses is said, and by whom; the password is not.
refused() { # NAME WORDS PROXY
    local status=0
    ours "$1" "$EXAMPLES/play" -v -v "$SERVER/vod/film.flv socks=$3" "$WORK/x.flv" || status=$?
    [ "$status" -eq 1 ] || fail "$1: status $status, should be 1"
    grep -q -- "$2" "$WORK/$1.log" || fail "$1: the log does not say '$2'"
    if grep -q "wrongsecret" "$WORK/$1.log"; then fail "$1: the log has the password"; fi
    echo "$1: refused, and says so"
}
refused wrong-password "password" "socks5://alice:wrongsecret@127.0.0.1:$MICRO"
refused wrong-password-of-http "407\|401" "http://alice:wrongsecret@127.0.0.1:$TINY"
refused address-for-socks4a "91" "socks4a://127.0.0.1:$SCRIPTED"
