#!/bin/bash
# node-media-server from npm, a server with nothing in common with nginx's, in the two versions that are in use, which have no code in
# common either: we publish, and play live, by rtmp and by rtmps. It is installed once, into the user's cache directory.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
make_ca "$WORK/tls"
make_certificate server "IP:127.0.0.1"
cat >"$WORK/server.js" <<'JS'
const [server, port, tlsPort, certificate, directory] = process.argv.slice(2);
const NodeMediaServer = require(server);
const tls = { port: Number(tlsPort), key: certificate + ".key", cert: certificate + ".crt" };
new NodeMediaServer({
  // Version 2.
  logType: 3,
  rtmp: { port: Number(port), chunk_size: 60000, gop_cache: true, ping: 30, ping_timeout: 60, ssl: tls },
  // Version 4.
  bind: "127.0.0.1",
  rtmps: tls,
  auth: { play: false, publish: false },
  notify: { url: "" },
  store: { path: directory + "/store" },
  record: { auto: false, path: directory + "/recorded" },
}).run();
JS

serve() { # VERSION
    npm_package node-media-server "$1"
    PORT=$(free_port)
    TLS_PORT=$(free_port)
    mkdir "$WORK/$1"
    timeout 300 node "$WORK/server.js" "$PACKAGES/node_modules/node-media-server" "$PORT" "$TLS_PORT" "$WORK/tls/server" "$WORK/$1" \
        >"$WORK/server-$1.log" 2>&1 &
    CHILDREN+=("$!")
    wait_port 127.0.0.1 "$PORT"
    wait_port 127.0.0.1 "$TLS_PORT"
}

publish_and_play() { # VERSION TIMEOUT
    local scheme at name options="timeout=$2 tlsCaFile=$CA"
    for at in "rtmp://127.0.0.1:$PORT" "rtmps://127.0.0.1:$TLS_PORT"; do
        scheme=${at%%:*}
        name=$scheme-${1%%.*}
        ours_in_background "play-$name" "$EXAMPLES/play" "$at/live/$name live=1 $options" "$WORK/$name.flv"
        until_true "a player of $name" grep -q "play.*$name" "$WORK/server-$1.log"
        ours "publish-$name" "$EXAMPLES/publish" --fast "$FILM" "$at/live/$name $options" || fail "$name: publish ended with status $?"
        ended "play-$name" "$2" || fail "$name: play did not end as it should"
        same_film "published to and played from node-media-server, $name" "$WORK/$name.flv" --headers-apart
        row "$scheme" "node-media-server ${1%%.*}" publish
        row "$scheme" "node-media-server ${1%%.*}" play
    done
}

serve 2.7.4
ended() { finish "$1"; } # NAME TIMEOUT
publish_and_play 2.7.4 20

# It does not tell players that the publisher has gone, who wait for more until their time-out.
serve 4.4.3
ended() { ! finish "$1" && grep -q "the server has sent nothing for $2 s" "$WORK/$1.log"; }
publish_and_play 4.4.3 3
