#!/bin/bash
# node-rtsp-rtmp-server from npm, which has a tunnel of its own making: we publish, and play live what we publish, by rtmp, rtmpe, rtmpt and
# rtmpte. It writes an AAC header and times of its own, and tells its players nothing of the end: they end at their time-out. The
# last frames before the end it may keep to itself.
# It is installed once, into the user's cache directory.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
npm_package node-rtsp-rtmp-server 0.4.0

HTTP=$(free_port)
RTMP=$(free_port)
cat >"$WORK/server.js" <<'JS'
const [directory, work, http, rtmp] = process.argv.slice(2);
const config = require(directory + "/config");
for (const name of Object.keys(config)) {
  if (name.endsWith("ReceiverPath")) config[name] = `${work}/${name}`;
  // RTSP's, which nobody here speaks.
  if (/(RTC?PServer|UDPListen)Port$/.test(name)) config[name] = 0;
}
Object.assign(config, { serverPort: Number(http), rtmpServerPort: Number(rtmp), rtmpWaitForKeyFrame: true });
const logger = require(directory + "/logger");
logger.setLevel(logger.LEVEL_INFO);
const server = new (require(directory + "/stream_server"))();
server.setLivePathConsumer((uri, callback) => callback(null));
server.start();
JS
# RC4, for rtmpe and rtmpte, is one of OpenSSL's old ciphers.
timeout 300 node --openssl-legacy-provider "$WORK/server.js" "$PACKAGES/node_modules/node-rtsp-rtmp-server" "$WORK" "$HTTP" "$RTMP" \
    >"$WORK/server.log" 2>&1 &
CHILDREN+=("$!")
wait_port 127.0.0.1 "$HTTP"
wait_port 127.0.0.1 "$RTMP"
noted() { until_true "'$1' in the server's log" grep -q -- "$1" "$WORK/server.log"; }

# The first two seconds, in which the player comes, and the rest.
first_tags 140 "$FILM" >"$WORK/begin"
tail -c "+$(($(stat -c %s "$WORK/begin") + 1))" "$FILM" >"$WORK/rest"

# Many posts in one segment end this server's tunnel, and at times the server: what goes there comes in pieces.
give() { # SCHEME FILE
    case $1 in rtmpt*) in_pieces "$2" ;; *) cat "$2" ;; esac
}
in_pieces() { # FILE
    python3 - "$1" <<'PY'
import sys, time
with open(sys.argv[1], "rb") as file:
    while piece := file.read(400):
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()
        time.sleep(0.004)
PY
}
feed() { # SCHEME
    {
        give "$1" "$WORK/begin"
        noted "requested stream live/by-$1"
        give "$1" "$WORK/rest"
    } >"$WORK/$1"
}

for scheme in rtmp rtmpe rtmpt rtmpte; do
    case $scheme in rtmpt*) at=$scheme://127.0.0.1:$HTTP ;; *) at=$scheme://127.0.0.1:$RTMP ;; esac
    mkfifo "$WORK/$scheme"
    feed "$scheme" &
    CHILDREN+=("$!")
    ours_in_background "publish-$scheme" "$EXAMPLES/publish" --fast "$WORK/$scheme" "$at/live/by-$scheme"
    noted "publish: stream=live/by-$scheme"
    ours_in_background "play-$scheme" "$EXAMPLES/play" "$at/live/by-$scheme live=1 timeout=5" "$WORK/$scheme.flv"
done
for scheme in rtmp rtmpe rtmpt rtmpte; do
    finish "publish-$scheme" || fail "$scheme: publish ended with status $?"
    noted "FCUnpublish: by-$scheme"
    status=0
    finish "play-$scheme" || status=$?
    [ "$status" -eq 1 ] || fail "$scheme: play ended with status $status, should be 1"
    same_joined "published to and played from node-rtsp-rtmp-server, $scheme" "$WORK/$scheme.flv" --shift --per-kind --no-headers --unsent 4
    [ "$(flvtags list "$WORK/$scheme.flv" | wc -l)" -ge 350 ] || fail "$scheme: the player came too late to show anything"
    row "$scheme" "node-rtsp-rtmp-server" publish
    row "$scheme" "node-rtsp-rtmp-server" "play, live"
done
