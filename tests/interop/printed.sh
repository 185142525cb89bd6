#!/bin/bash
# The programs that README.md and the manual page print, compiled as they stand there, but for the server's port in the first.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need gcc gcc
need pkg-config pkg-config
start_loopback --directory "$ROOT/examples/media"

awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$ROOT/README.md" | sed "s|rtmp://127.0.0.1/|$SERVER/|" >"$WORK/readme.c"
grep -q "\"$SERVER/vod/demo " "$WORK/readme.c" || fail "README.md's program does not play rtmp://127.0.0.1/vod/demo"
awk '/^\.Bd -literal/ { inside = 1; next } /^\.Ed/ { inside = 0 } inside' "$ROOT/man/librtmp.3" >"$WORK/manual.c"

export PKG_CONFIG_PATH=$LIBDIR/pkgconfig
eval "FLAGS=($(pkg-config --cflags --libs librtmp))" # quoted for the shell, where a directory has a space in its name
for name in readme manual; do
    gcc -std=c99 -Wall -Wextra -Wpedantic -Werror "$WORK/$name.c" "${FLAGS[@]}" -o "$WORK/$name" ||
        fail "$name's program does not compile"
done
ours readme "$WORK/readme" >"$WORK/readme.flv" || fail "README's program ended with status $?"
same_film "README's program" "$WORK/readme.flv"
ours manual "$WORK/manual" "$SERVER/vod/demo" >"$WORK/manual.flv" || fail "the manual's program ended with status $?"
same_film "the manual's program" "$WORK/manual.flv"
if ours manual-missing "$WORK/manual" "$SERVER/vod/missing" >"$WORK/missing.flv"; then fail "a missing stream is no failure"; fi
