#!/bin/bash
# node-media-server from npm, a server with nothing in common with nginx's: we publish, and play live, by rtmp and by rtmps.
# It is installed once, into the user's cache directory.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
npm_package node-media-server 2.7.4

PORT=$(free_port)
TLS_PORT=$(free_port)
make_ca "$WORK/tls"
make_certificate server "IP:127.0.0.1"
cat >"$WORK/server.js" <<'JS'
const NodeMediaServer = require(process.argv[2] + "/node_modules/node-media-server");
const server = new NodeMediaServer({
  logType: 3,
  rtmp: {
    port: Number(process.argv[3]), chunk_size: 60000, gop_cache: true, ping: 30, ping_timeout: 60,
    ssl: { port: Number(process.argv[4]), key: process.argv[5] + ".key", cert: process.argv[5] + ".crt" },
  },
});
server.run();
JS
timeout 300 node "$WORK/server.js" "$PACKAGES" "$PORT" "$TLS_PORT" "$WORK/tls/server" >"$WORK/server.log" 2>&1 &
CHILDREN+=("$!")
wait_port 127.0.0.1 "$PORT"
wait_port 127.0.0.1 "$TLS_PORT"

for at in "rtmp://127.0.0.1:$PORT" "rtmps://127.0.0.1:$TLS_PORT"; do
    scheme=${at%%:*}
    ours_in_background "play-$scheme" "$EXAMPLES/play" "$at/live/by-$scheme live=1 tlsCaFile=$CA" "$WORK/$scheme.flv"
    until_true "a player of by-$scheme" grep -q "play.*by-$scheme" "$WORK/server.log"
    ours "publish-$scheme" "$EXAMPLES/publish" --fast "$FILM" "$at/live/by-$scheme tlsCaFile=$CA" || fail "$scheme: publish ended with status $?"
    finish "play-$scheme" || fail "$scheme: play ended with status $?"
    same_film "published to and played from node-media-server, $scheme" "$WORK/$scheme.flv" --headers-apart
    row "$scheme" "node-media-server" publish
    row "$scheme" "node-media-server" play
done
