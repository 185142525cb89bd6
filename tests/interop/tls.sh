#!/bin/bash
# rtmps: nginx with TLS 1.2 and TLS 1.3 in front of its RTMP module. Examples and rtmpdump play and publish, curl plays over a socket of
# its own; certificates that do not verify are named, with the way out; and a program that unloads the library goes on (unload.c).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need cc gcc
need curl curl
need rtmpdump rtmpdump
STREAM=/usr/lib/nginx/modules/ngx_stream_module.so
[ -e "$STREAM" ] || fail "$STREAM is needed (Debian package libnginx-mod-stream)"
start_nginx
make_ca "$WORK/tls"
make_certificate good "IP:127.0.0.1,DNS:localhost"
make_certificate other "DNS:other.example"

declare -A TLS=([TLSv1.2]=$(free_port) [TLSv1.3]=$(free_port) [other]=$(free_port))
front() { # PORT CERTIFICATE PROTOCOLS
    echo "server { listen 127.0.0.1:$1 ssl; ssl_certificate $WORK/tls/$2.crt; ssl_certificate_key $WORK/tls/$2.key;
        ssl_protocols $3; proxy_pass 127.0.0.1:$PORT; }"
}
run_nginx front "$STREAM" <<CONF
stream {
    $(front "${TLS[TLSv1.2]}" good TLSv1.2)
    $(front "${TLS[TLSv1.3]}" good TLSv1.3)
    $(front "${TLS[other]}" other TLSv1.3)
}
CONF
wait_port 127.0.0.1 "${TLS[other]}"

for version in TLSv1.2 TLSv1.3; do
    at=rtmps://127.0.0.1:${TLS[$version]}
    peer="nginx (${version/v/ })"
    ours "publish-$version" "$EXAMPLES/publish" --fast "$FILM" "$at/live/$version tlsCaFile=$CA" || fail "$version: publish ended with status $?"
    recorded_whole "$version"
    row rtmps "$peer" publish
    ours "play-$version" "$EXAMPLES/play" "$at/vod/film.flv tlsCaFile=$CA" "$WORK/$version.flv" || fail "$version: play ended with status $?"
    same_film "played over $version" "$WORK/$version.flv"
    row rtmps "$peer" play
    # rtmpdump leaves no room for an option, so it is told by the environment.
    LIBRTMP_TLS_VERIFY=0 ours "dump-$version" rtmpdump -r "$at/vod/film.flv" -o "$WORK/dump-$version.flv" ||
        fail "$version: rtmpdump ended with status $?"
    same_film "rtmpdump over $version" "$WORK/dump-$version.flv"
    row rtmps "$peer" "play, by rtmpdump"
    # curl makes the socket and hands it to the library, which then does TLS on it.
    LIBRTMP_TLS_VERIFY=0 ours "curl-$version" curl -sS -o "$WORK/curl-$version.flv" "$at/vod/film.flv" ||
        fail "$version: curl ended with status $?"
    same_film "curl over $version" "$WORK/curl-$version.flv"
    row rtmps "$peer" "play, by curl"
done

# What does not verify is not spoken to; the log names the reason and the way out.
refused() { # NAME WORDS URL
    local status=0
    ours "$1" "$EXAMPLES/play" "$3" "$WORK/x.flv" || status=$?
    [ "$status" -eq 1 ] || fail "$1: status $status, should be 1"
    grep -q -- "$2" "$WORK/$1.log" || fail "$1: the log does not say '$2'"
    grep -q "tlsVerify=0" "$WORK/$1.log" || fail "$1: the log does not say the way out"
    echo "$1: refused, and says so"
}
refused unknown-authority "issued by interop authority, an authority unknown here" "rtmps://127.0.0.1:${TLS[TLSv1.3]}/vod/film.flv"
refused wrong-host "other.example" "rtmps://127.0.0.1:${TLS[other]}/vod/film.flv tlsCaFile=$CA"
row rtmps "nginx (TLS 1.3)" "refused: unknown issuer"
row rtmps "nginx (TLS 1.3)" "refused: wrong host"
ours not-verified "$EXAMPLES/play" "rtmps://127.0.0.1:${TLS[other]}/vod/film.flv tlsVerify=0" "$WORK/not-verified.flv" ||
    fail "tlsVerify=0: play ended with status $?"
same_film "with tlsVerify=0" "$WORK/not-verified.flv"

# OpenSSL stays in the process of a program that unloads the library, and calls everybody who has used it.
cc -std=c99 -Wall -Wextra -Werror -O1 -g -I"$ROOT/include" -o "$WORK/unload" "$HERE/unload.c" -lssl -lcrypto -ldl ||
    fail "unload.c does not compile"
ours unload "$WORK/unload" "rtmps://127.0.0.1:${TLS[TLSv1.3]}/vod/film.flv tlsCaFile=$CA" || fail "unload ended with status $?"
echo "unload: OpenSSL works in a program that has unloaded the library"
