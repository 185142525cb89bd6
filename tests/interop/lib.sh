# lib.sh - what the interop scripts share; sourced by each of them.
#
# From the environment:
#   LIBDIR    directory with the librtmp.so.1 under test
#   EXAMPLES  directory with the built examples (play, publish, publish_packets)
#   KEEP      when set, the temporary directory stays and its name is printed
#
# Every script fails when something it needs is missing; none skips.

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
FILM=$ROOT/examples/media/demo.flv
: "${LIBDIR:?set LIBDIR to the directory of the librtmp.so.1 to test}"
: "${EXAMPLES:?set EXAMPLES to the directory of the built examples}"
LIBDIR=$(cd "$LIBDIR" && pwd)
EXAMPLES=$(cd "$EXAMPLES" && pwd)
[ -e "$LIBDIR/librtmp.so.1" ] || fail "no librtmp.so.1 in $LIBDIR"
[ -e "$FILM" ] || fail "no $FILM"

WORK=$(mktemp -d)
CHILDREN=()

cleanup() {
    local status=$? child
    for child in "${CHILDREN[@]}"; do
        kill "$child" 2>/dev/null || true
    done
    for child in "${CHILDREN[@]}"; do
        wait "$child" 2>/dev/null || true
    done
    if [ "$status" -ne 0 ]; then
        local log
        for log in "$WORK"/*.log "$WORK"/nginx/error.log; do
            [ -s "$log" ] || continue
            echo "--- last lines of ${log##*/}" >&2
            tail -n 15 "$log" >&2
        done
    fi
    if [ -n "${KEEP:-}" ]; then echo "kept: $WORK" >&2; else rm -rf "$WORK"; fi
    exit "$status"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

need() { # PROGRAM PACKAGE
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || fail "$1 is needed (Debian package $2)"
}
PATH=$PATH:/usr/sbin:/sbin
need python3 python3
need timeout coreutils

# What is downloaded once stays there.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/librtmp-interop

# Installs a package of npm's, once, and tells in PACKAGES where its node_modules is.
npm_package() { # NAME VERSION
    need node nodejs
    need npm npm
    PACKAGES=$CACHE/$1-$2
    [ -e "$PACKAGES/node_modules/$1/package.json" ] && return
    echo "installing $1 $2 into $PACKAGES"
    mkdir -p "$PACKAGES"
    timeout 300 npm install --prefix "$PACKAGES" --no-audit --no-fund --ignore-scripts --loglevel=error \
        "$1@$2" >"$WORK/npm.log" 2>&1 || fail "npm could not install $1"
}

# Unpacks one of Debian's packages, once, without what it depends on, and tells in UNPACKED where.
debian_package() { # NAME
    UNPACKED=$CACHE/$1
    [ -d "$UNPACKED/usr" ] && return
    echo "unpacking $1 into $UNPACKED"
    mkdir "$WORK/$1"
    (cd "$WORK/$1" && timeout 300 apt-get -qq download "$1") >"$WORK/apt.log" 2>&1 ||
        fail "apt-get could not download $1 (without its lists it cannot: apt-get update)"
    dpkg -x "$WORK/$1"/*.deb "$WORK/$1/unpacked" || fail "$1 could not be unpacked"
    mkdir -p "${UNPACKED%/*}"
    mv "$WORK/$1/unpacked" "$UNPACKED"
}

# Unpacks the source of one of Debian's packages, once, and tells in SOURCES where. What is compiled from it is kept there too.
debian_source() { # NAME
    SOURCES=$CACHE/$1-source
    [ -d "$SOURCES" ] && return
    need xz xz-utils
    echo "unpacking the source of $1 into $SOURCES"
    local apt=$WORK/$1-apt keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$apt/lists/partial" "$apt/unpacked"
    # Where the machine gets Debian's packages there are their sources, whose lists it needs not have.
    apt-get indextargets --format "\$(ORIGIN) deb-src [signed-by=$keys] \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
        "Created-By: Packages" | sed -n 's/^Debian //p' | sort -u >"$apt/sources.list"
    (
        cd "$apt"
        options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$apt/lists")
        timeout 300 apt-get "${options[@]}" update && timeout 300 apt-get "${options[@]}" source --download-only "$1"
    ) >"$WORK/$1-apt.log" 2>&1 || fail "apt-get could not download the source of $1"
    tar -xf "$apt"/*.orig.tar.xz -C "$apt/unpacked" --strip-components=1 || fail "the source of $1 could not be unpacked"
    mkdir -p "${SOURCES%/*}"
    mv "$apt/unpacked" "$SOURCES"
}

# A port that was free a moment ago, on 127.0.0.1 and on ::1; none of those that the kernel gives to whoever connects.
free_port() {
    python3 - <<'PY'
import random, socket
while True:
    port = random.randrange(10000, 30000)
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        try:
            four.bind(("127.0.0.1", port))
            six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            six.bind(("::1", port))
        except OSError:
            continue
        print(port)
        break
PY
}

# Runs a check again and again until it succeeds; fails when it has not after half a minute.
until_true() { # WHAT COMMAND...
    local what=$1 deadline=$((SECONDS + 30))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$what did not happen within 30 seconds"
        sleep 0.05
    done
}

port_is_open() { (exec 3<>"/dev/tcp/$1/$2"); }
wait_port() { until_true "a listener on $1 port $2" port_is_open "$1" "$2"; }
# Is a socket listening on this port? Unlike a connection this does not use up a server that serves one client.
listening() { awk -v port="$(printf %04X "$1")" '$4 == "0A" && $2 ~ ":" port "$" { found = 1 } END { exit !found }' /proc/net/tcp /proc/net/tcp6; }

# Runs a program on the library under test, at most LIMIT seconds (default 60), and proves from the loader's own log that the
# librtmp.so.1 it used was that one. Its standard error goes to NAME.log. The status is the program's.
ours() { on_library "$LIBDIR" "$@"; } # NAME PROGRAM ARGUMENT...

# The same on Debian's own library, the reference.
reference() { on_library "$REFERENCE" "$@"; } # NAME PROGRAM ARGUMENT...
REFERENCE=$(dirname "$(readlink -f "$(ldconfig -p | sed -n 's/.*librtmp\.so\.1 .*=> //p' | head -n 1)")")

on_library() { # DIRECTORY NAME PROGRAM ARGUMENT...
    local library=$1 name=$2 status=0 child
    shift 2
    mkdir "$WORK/loader.$name"
    timeout -k 2 "${LIMIT:-60}" env LD_LIBRARY_PATH="$library" LD_DEBUG=libs LD_DEBUG_OUTPUT="$WORK/loader.$name/ld" \
        "$@" <&0 2>"$WORK/$name.log" &
    child=$!
    CHILDREN+=("$child")
    trap 'kill "$child"; exit 1' TERM
    wait "$child" || status=$?
    trap 'exit 1' TERM
    assert_loaded "$name" "$library" || return 97
    [ "$status" -ne 124 ] || echo "$name: did not end within ${LIMIT:-60} seconds" >&2
    return "$status"
}

# Which librtmp.so.1 the processes of `ours NAME` loaded: exactly the one under test, or that of the directory given.
assert_loaded() { # NAME [DIRECTORY]
    local loaded wanted=${2:-$LIBDIR}/librtmp.so.1
    loaded=$(cat "$WORK/loader.$1"/* | sed -n 's/.*calling init: \(.*librtmp\.so\.1\)$/\1/p' | sort -u)
    if [ "$loaded" != "$wanted" ]; then
        echo "$1: loaded '$loaded' in place of $wanted" >&2
        return 1
    fi
}

# A program in the background, on one library or the other; `finish NAME` waits for it and gives its status.
declare -A BACKGROUND=()
ours_in_background() { in_background ours "$@"; }           # NAME PROGRAM ARGUMENT...
reference_in_background() { in_background reference "$@"; } # NAME PROGRAM ARGUMENT...
in_background() { # ours|reference NAME PROGRAM ARGUMENT...
    "$@" </dev/null &
    shift
    BACKGROUND[$1]=$!
    CHILDREN+=("$!")
}
finish() { # NAME
    local status=0
    wait "${BACKGROUND[$1]}" || status=$?
    return "$status"
}

# One line of docs/interop.md: with this scheme and this peer, in this direction, it works. `ok` unless another result is given.
row() { # SCHEME PEER DIRECTION [RESULT]
    local line="row: $1|$2|$3|${4:-ok}"
    echo "$line"
    [ -z "${ROWS:-}" ] || echo "$line" >>"$ROWS"
}

# What makes ffmpeg copy a stream as it is. It reads with its own parser, so that its copy is compared with its own copy of the film.
FFMPEG_COPY=(-c copy -copyts -flvflags no_sequence_end -f flv)
remux() { # OUTPUT INPUT-ARGUMENT...
    timeout 60 ffmpeg -nostdin -loglevel error -y "${@:2}" "${FFMPEG_COPY[@]}" "$1" 2>>"$WORK/ffmpeg.log"
}

# The beginning of a pipeline in which flvmux writes tags of its own from the film's frames: what it gives to a file, it must give to
# a server.
GST_REMUX=(filesrc location="$FILM" ! flvdemux name=d flvmux name=m streamable=true
    d.video ! queue ! m.video d.audio ! queue ! m.audio m.)

# Makes GStreamer know only the plugins in question: no scan of the machine's others, no trace in the user's cache.
gst_plugins() { # NAME...
    local plugins plugin
    plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0 2>/dev/null || true)
    [ -n "$plugins" ] || plugins=/usr/lib/$(gcc -print-multiarch)/gstreamer-1.0
    mkdir "$WORK/plugins"
    for plugin in "$@"; do
        [ -e "$plugins/libgst$plugin.so" ] || fail "no libgst$plugin.so (Debian packages gstreamer1.0-plugins-good and -bad)"
        ln -s "$plugins/libgst$plugin.so" "$WORK/plugins/"
    done
    export GST_PLUGIN_SYSTEM_PATH=$WORK/plugins GST_REGISTRY=$WORK/registry GST_REGISTRY_FORK=no
}

# A private nginx, with the blocks of its configuration on standard input and its files in $WORK/NAME.
run_nginx() { # NAME [MODULE]
    need nginx nginx
    mkdir -p "$WORK/$1"
    cat >"$WORK/$1/nginx.conf" <<CONF
${2:+load_module $2;}
daemon off;
master_process off;
pid $WORK/$1/nginx.pid;
error_log $WORK/$1/error.log info;
events { worker_connections 64; }
CONF
    cat >>"$WORK/$1/nginx.conf"
    nginx -p "$WORK/$1" -c "$WORK/$1/nginx.conf" >"$WORK/$1.log" 2>&1 &
    CHILDREN+=("$!")
}

# nginx with its RTMP module: applications
#   vod   plays the files of $WORK/vod
#   live  passes on what is published, without a queue limit that would drop frames, and records it in $WORK/recorded
# NGINX_RTMP, when set, is more configuration.
start_nginx() {
    local module=/usr/lib/nginx/modules/ngx_rtmp_module.so
    [ -e "$module" ] || fail "$module is needed (Debian package libnginx-mod-rtmp)"
    mkdir -p "$WORK/vod" "$WORK/recorded"
    PORT=$(free_port)
    SERVER=rtmp://127.0.0.1:$PORT
    run_nginx nginx "$module" <<CONF
rtmp {
    access_log $WORK/nginx/access.log;
    out_queue 65536;
    ${NGINX_RTMP:-}
    server {
        listen 127.0.0.1:$PORT;
        listen [::1]:$PORT ipv6only=on;
        chunk_size 4096;
        application vod { play $WORK/vod; }
        application live {
            live on;
            wait_key on;
            publish_notify on;
            record all;
            record_path $WORK/recorded;
        }
    }
}
CONF
    wait_port 127.0.0.1 "$PORT"
    cp "$FILM" "$WORK/vod/film.flv"
}

# The project's own server, examples/loopback, with these arguments: SERVER and CA say where it is, and what it notes is in
# $WORK/loopback.log.
start_loopback() { # ARGUMENT...
    [ -x "$EXAMPLES/loopback" ] || fail "no loopback in $EXAMPLES: run make loopback"
    "$EXAMPLES/loopback" "$@" >"$WORK/loopback.out" 2>"$WORK/loopback.log" &
    CHILDREN+=("$!")
    until_true "the start of the loopback server" grep -q '^rtmp ' "$WORK/loopback.out"
    SERVER=$(loopback_at rtmp)
    CA=$(loopback_at ca)
}
# Where the loopback server speaks this scheme, as the beginning of a URL; or its CA file.
loopback_at() { # rtmp|rtmpe|rtmps|rtmpt|rtmpte|rtmpts|ca
    sed -n "s/^$1 //p" "$WORK/loopback.out"
}
# The loopback server has noted this COUNT times (once, when not given).
loopback_notes() { # WORDS [COUNT]
    until_true "'$1' ${2:-1} times by the loopback server" \
        awk -v words="$1" -v count="${2:-1}" 'index($0, words) { n++ } END { exit n < count }' "$WORK/loopback.log"
}

# A player has joined the live stream NAME.
wait_player() { # NAME
    until_true "a player of $1" grep -q "play: name='$1'" "$WORK/nginx/error.log"
}
# The publisher of NAME has gone and its recording is closed: nginx logs the session after that.
wait_recorded() { # NAME
    until_true "the end of the recording of $1" grep -q "PUBLISH \"live\" \"$1\"" "$WORK/nginx/access.log"
}

flvtags() { python3 "$HERE/flvtags.py" "$@"; }
# The beginning of an FLV file: its header and so many tags.
first_tags() { # COUNT FILE
    head -c "$(flvtags list "$2" | awk -v count="$1" 'NR <= count { bytes += $4 + 15 } END { print bytes + 13 }')" "$2"
}

# Every frame of SOURCE (the film, when not given), in order, with its time, and nothing else. Script tags are the server's own;
# its recorder repeats the sequence headers.
same_film() { # WHAT FILE [OPTION...]
    local what=$1 file=$2
    shift 2
    printf '%s: ' "$what"
    flvtags compare --no-script --no-repeats "$@" "${SOURCE:-$FILM}" "$file" || fail "$what: not the film that was sent"
}
# The same for a player who joined after the beginning.
same_joined() { same_film "$@" --joined; }
# nginx sends a live player the sequence header of each kind with the first frame of that kind.
same_live() { same_film "$@" --headers-apart; }
recorded_whole() { # STREAM-NAME [OPTION...]
    local name=$1
    shift
    wait_recorded "$name"
    same_film "$name, as recorded by nginx" "$WORK/recorded/$name.flv" "$@"
}

# A certificate authority of this run in $CA, and certificates that it signed: NAME.crt and NAME.key.
make_ca() { # DIRECTORY
    need openssl openssl
    CA=$1/ca.pem
    mkdir -p "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=interop authority" \
        -keyout "$1/ca.key" -out "$CA" 2>>"$WORK/openssl.log" || fail "no certificate authority"
}
make_certificate() { # NAME SUBJECT-ALTERNATIVE-NAME
    local base=${CA%/*}/$1
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$base.key" -out "$base.csr" \
        2>>"$WORK/openssl.log" &&
        openssl x509 -req -in "$base.csr" -CA "$CA" -CAkey "${CA%.pem}.key" -CAcreateserial -days 2 \
            -extfile <(echo "subjectAltName=$2") -out "$base.crt" 2>>"$WORK/openssl.log" || fail "no certificate $1"
}
