#!/bin/bash
# The project's own server, examples/loopback, as programs of others see it: ffmpeg publishes and plays, rtmpdump plays; players
# that come late begin at a keyframe, a player that stops reading is let go, and nonsense does no harm.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need ffmpeg ffmpeg
need rtmpdump rtmpdump
mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films" --tls "$WORK/tls"
LOOPBACK=${CHILDREN[-1]}
descriptors() { find "/proc/$LOOPBACK/fd" -type l | wc -l; }
DESCRIPTORS=$(descriptors)

remux "$WORK/remuxed.flv" -i "$FILM"

# Films.
ours dumped rtmpdump -r "$SERVER/vod/film" -o "$WORK/dumped.flv" || fail "rtmpdump ended with status $?"
grep -q 'Download complete' "$WORK/dumped.log" || fail "rtmpdump does not call the download complete"
same_film "rtmpdump plays a film" "$WORK/dumped.flv"
ours part rtmpdump -r "$SERVER/vod/film" --start 5 -o "$WORK/part.flv" || fail "rtmpdump --start ended with status $?"
same_joined "rtmpdump begins in the middle" "$WORK/part.flv" --shift
first_keyframe() { flvtags list "$1" | awk '/keyframe/ && !found { print $2; found = 1 }'; }
[ "$(first_keyframe "$WORK/part.flv")" -eq 5000 ] || fail "a play from 5 s on does not begin at 5 s"
first_tags 400 "$FILM" >"$WORK/resumed.flv"
ours resumed rtmpdump -r "$SERVER/vod/film" --resume -o "$WORK/resumed.flv" || fail "rtmpdump --resume ended with status $?"
same_film "rtmpdump resumes a film" "$WORK/resumed.flv"
remux "$WORK/ffmpeg.flv" -i "$SERVER/vod/film"
SOURCE=$WORK/remuxed.flv same_film "ffmpeg plays a film" "$WORK/ffmpeg.flv"
for name in missing ../films/film; do
    if ours "missing-${name//\//-}" "$EXAMPLES/play" "$SERVER/vod/x playpath=$name" "$WORK/x.flv"; then fail "$name was played"; fi
    grep -q StreamNotFound "$WORK/missing-${name//\//-}.log" || fail "the refusal of $name is not named"
done

# A live stream from ffmpeg, in real time, with players who were there before and who come in the middle.
ours_in_background early "$EXAMPLES/play" "$SERVER/live/show live=1" "$WORK/early.flv"
loopback_notes "plays live live/show"
remux "$SERVER/live/show" -re -i "$FILM" &
PUBLISHER=$!
CHILDREN+=("$PUBLISHER")
until_true "the film's third second" eval '[ "$(stat -c %s "$WORK/films/show.flv")" -gt 55000 ]'
ours_in_background late "$EXAMPLES/play" "$SERVER/live/show live=1" "$WORK/late.flv"
ours_in_background late-dumped rtmpdump --live -r "$SERVER/live/show" -o "$WORK/late-dumped.flv"
remux "$WORK/late-ffmpeg.flv" -i "$SERVER/live/show" &
LATE=$!
CHILDREN+=("$LATE")
loopback_notes "plays live live/show" 4
if ours second "$EXAMPLES/publish" "$FILM" "$SERVER/live/show"; then fail "two publishers of one name"; fi
grep -q BadName "$WORK/second.log" || fail "the refusal of the second publisher is not named"
wait "$PUBLISHER" || fail "ffmpeg as a publisher ended with status $?"
loopback_notes "has published live/show"
SOURCE=$WORK/remuxed.flv
same_film "ffmpeg publishes, the server records" "$WORK/films/show.flv"
for player in early late late-dumped; do
    finish "$player" || fail "$player ended with status $?"
done
wait "$LATE" || fail "ffmpeg as a player ended with status $?"
same_film "a player who was there before" "$WORK/early.flv"
for player in late late-dumped late-ffmpeg; do
    same_joined "$player" "$WORK/$player.flv"
    first=$(first_keyframe "$WORK/$player.flv")
    [ "$first" -ge 2000 ] || fail "$player begins at $first ms, long before the player came"
done
SOURCE=$FILM

# Each scheme both ways; the player begins where the server has recorded.
for scheme in rtmp rtmpe rtmps rtmpt rtmpte rtmpts; do
    at=$(loopback_at "$scheme")
    ours "publish-$scheme" "$EXAMPLES/publish" --fast "$FILM" "$at/live/by-$scheme tlsCaFile=$CA" || fail "$scheme: publish ended with status $?"
    loopback_notes "has published live/by-$scheme"
    same_film "published by $scheme" "$WORK/films/by-$scheme.flv"
    ours "play-$scheme" "$EXAMPLES/play" "$at/vod/by-$scheme tlsCaFile=$CA" "$WORK/by-$scheme.flv" || fail "$scheme: play ended with status $?"
    same_film "played by $scheme" "$WORK/by-$scheme.flv"
done

# ffmpeg through the tunnel.
remux "$WORK/tunnel-ffmpeg.flv" -i "$(loopback_at rtmpt)/vod/film"
SOURCE=$WORK/remuxed.flv same_film "ffmpeg plays a film through HTTP" "$WORK/tunnel-ffmpeg.flv"
remux "$(loopback_at rtmpt)/live/tunnel-ffmpeg" -i "$FILM" || fail "ffmpeg as a publisher through HTTP ended with status $?"
loopback_notes "has published live/tunnel-ffmpeg"
# ffmpeg does not post what it has gathered since its last post when it closes.
POSTED=$(flvtags list "$WORK/films/tunnel-ffmpeg.flv" | wc -l)
[ "$POSTED" -ge 500 ] || fail "ffmpeg as a publisher through HTTP: only $POSTED tags came"
first_tags "$POSTED" "$WORK/remuxed.flv" >"$WORK/posted.flv"
SOURCE=$WORK/posted.flv same_film "ffmpeg publishes through HTTP, as far as it posts" "$WORK/films/tunnel-ffmpeg.flv"

# A player that stops reading holds the others up for ten seconds and is then let go; memory stays bounded.
flvtags loop "$FILM" 200 0 "$WORK/long.flv"
LD_LIBRARY_PATH=$LIBDIR "$EXAMPLES/play" "$SERVER/live/long live=1" "$WORK/stopped.flv" 2>"$WORK/stopped.log" &
STOPPED=$!
CHILDREN+=("$STOPPED")
LIMIT=120 ours_in_background reads "$EXAMPLES/play" "$SERVER/live/long live=1" "$WORK/reads.flv"
loopback_notes "plays live live/long" 2
kill -STOP "$STOPPED"
LIMIT=120 ours long "$EXAMPLES/publish" --fast "$WORK/long.flv" "$SERVER/live/long" || fail "publish of a long film ended with status $?"
finish reads || fail "a player beside one that stopped ended with status $?"
kill -KILL "$STOPPED"
wait "$STOPPED" 2>/dev/null || true
loopback_notes "a player has read nothing"
SOURCE=$WORK/long.flv same_film "a player beside one that stopped" "$WORK/reads.flv"
SOURCE=$WORK/long.flv same_film "the recording beside one that stopped" "$WORK/films/long.flv"
PEAK=$(awk '/^VmHWM/ { print $2 }' "/proc/$LOOPBACK/status")
[ "$PEAK" -lt 120000 ] || fail "the server took $PEAK KiB"

# Nonsense: bytes of no meaning, before and after the handshake, on each port, and connections that end anywhere.
RTMPS=$(loopback_at rtmps) RTMPT=$(loopback_at rtmpt)
python3 - "${SERVER##*:}" "${RTMPS##*:}" "${RTMPT##*:}" <<'PY'
import random, socket, sys
random.seed(1)
for port in sys.argv[1:]:
    for turn in range(150):
        with socket.create_connection(("127.0.0.1", int(port))) as s:
            s.settimeout(5)
            try:
                if turn % 3:
                    s.sendall(b"\x03" + bytes(1536))
                    if turn % 3 == 2:
                        answer = b""
                        while len(answer) < 3073 and (more := s.recv(4096)):
                            answer += more
                        s.sendall(answer[1:1537])
                s.sendall(random.randbytes(random.choice([0, 1, 5, 700, 5000])))
                if turn % 2:
                    s.shutdown(socket.SHUT_WR)
                    while s.recv(4096):
                        pass
            except OSError:
                pass
PY
kill -0 "$LOOPBACK" || fail "the server did not survive nonsense"
until_true "the end of all connections" eval "[ \$(descriptors) -eq $DESCRIPTORS ]"
if grep -q panicked "$WORK/loopback.log"; then fail "a thread of the server panicked"; fi
ours after "$EXAMPLES/play" "$SERVER/vod/film" "$WORK/after.flv" || fail "play after nonsense ended with status $?"
same_film "after nonsense" "$WORK/after.flv"
