#!/bin/bash
# RTMPT through somebody else's HTTP: nginx as a reverse proxy, with and without TLS, between our clients and our server side. It has its own
# ways of writing heads and buffers bodies. (A server with a tunnel of its own: node-rtsp-rtmp-server.sh.)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films"
BEHIND=$(sed -n 's/^rtmpt rtmpt:\/\///p' "$WORK/loopback.out")
make_ca "$WORK/tls"
make_certificate proxy "IP:127.0.0.1"
PLAIN=$(free_port)
SECURE=$(free_port)
run_nginx nginx <<CONF
http {
    access_log $WORK/nginx/access.log;
    client_body_temp_path $WORK/nginx/body;
    proxy_temp_path $WORK/nginx/proxy;
    fastcgi_temp_path $WORK/nginx/fastcgi;
    uwsgi_temp_path $WORK/nginx/uwsgi;
    scgi_temp_path $WORK/nginx/scgi;
    keepalive_requests 100000;
    # Our server ends a session with the connection it was opened on.
    upstream loopback { server $BEHIND; keepalive 4; keepalive_requests 100000; keepalive_time 1h; }
    server {
        listen 127.0.0.1:$PLAIN;
        listen 127.0.0.1:$SECURE ssl;
        ssl_certificate $WORK/tls/proxy.crt;
        ssl_certificate_key $WORK/tls/proxy.key;
        location / { proxy_pass http://loopback; proxy_http_version 1.1; proxy_set_header Connection ""; }
    }
}
CONF
wait_port 127.0.0.1 "$PLAIN"

for scheme in rtmpt rtmpte rtmpts; do
    if [ "$scheme" = rtmpts ]; then at=$scheme://127.0.0.1:$SECURE; else at=$scheme://127.0.0.1:$PLAIN; fi
    ours "publish-$scheme" "$EXAMPLES/publish" --fast "$FILM" "$at/live/by-$scheme tlsCaFile=$CA" || fail "$scheme: publish ended with status $?"
    loopback_notes "has published live/by-$scheme"
    same_film "published, $scheme" "$WORK/films/by-$scheme.flv"
    row "$scheme" "ours, through nginx as an HTTP proxy" publish
    ours "play-$scheme" "$EXAMPLES/play" "$at/vod/film tlsCaFile=$CA" "$WORK/$scheme.flv" || fail "$scheme: play ended with status $?"
    same_film "played, $scheme" "$WORK/$scheme.flv"
    row "$scheme" "ours, through nginx as an HTTP proxy" play
done
