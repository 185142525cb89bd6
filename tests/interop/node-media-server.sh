#!/bin/bash
# node-media-server from npm, a server with nothing in common with nginx's: we publish, and play live.
# It is installed once, into the user's cache directory.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need node nodejs
need npm npm
VERSION=2.7.4
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/librtmp-interop/node-media-server-$VERSION
if [ ! -e "$CACHE/node_modules/node-media-server/package.json" ]; then
    echo "installing node-media-server $VERSION into $CACHE"
    mkdir -p "$CACHE"
    timeout 300 npm install --prefix "$CACHE" --no-audit --no-fund --ignore-scripts --loglevel=error \
        "node-media-server@$VERSION" >"$WORK/npm.log" 2>&1 || fail "npm could not install node-media-server"
fi

PORT=$(free_port)
cat >"$WORK/server.js" <<'JS'
const NodeMediaServer = require(process.argv[2] + "/node_modules/node-media-server");
const server = new NodeMediaServer({
  logType: 3,
  rtmp: { port: Number(process.argv[3]), chunk_size: 60000, gop_cache: true, ping: 30, ping_timeout: 60 },
});
server.run();
JS
timeout 60 node "$WORK/server.js" "$CACHE" "$PORT" >"$WORK/server.log" 2>&1 &
CHILDREN+=("$!")
wait_port 127.0.0.1 "$PORT"
SERVER=rtmp://127.0.0.1:$PORT

ours_in_background play "$EXAMPLES/play" "$SERVER/live/show live=1" "$WORK/played.flv"
until_true "a player of show" grep -q 'play.*show' "$WORK/server.log"
ours publish "$EXAMPLES/publish" --fast "$FILM" "$SERVER/live/show" || fail "publish ended with status $?"
finish play || fail "play ended with status $?"
same_film "published to and played from node-media-server" "$WORK/played.flv" --headers-apart
