#!/bin/bash
# The same film in pieces of any size gives the same recording each time.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_nginx

for size in 1 7 10 11 13 64 1000 4096 65536; do
    ours "pieces-of-$size" "$EXAMPLES/publish" --fast --piece "$size" "$FILM" "$SERVER/live/pieces-of-$size" ||
        fail "pieces of $size: publish ended with status $?"
    recorded_whole "pieces-of-$size"
done
