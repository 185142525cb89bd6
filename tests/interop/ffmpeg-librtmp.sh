#!/bin/bash
# ffmpeg as it is where it was configured with --enable-librtmp, which Debian's is not: compiled, once, from Debian's source with
# nothing but FLV and that protocol. It plays and publishes in each scheme that it has through the library.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need ffmpeg ffmpeg
need gcc gcc
need make make
need pkg-config pkg-config

debian_source ffmpeg
FFMPEG=$SOURCES/with-librtmp/ffmpeg
compile() {
    mkdir -p "${FFMPEG%/*}" && cd "${FFMPEG%/*}" || return
    ../configure --enable-librtmp --disable-everything --disable-autodetect --disable-programs --enable-ffmpeg --disable-doc \
        --disable-asm --disable-debug --optflags=-O1 --disable-swscale --disable-postproc --disable-avdevice \
        --enable-protocol='librtmp*,file' --enable-demuxer=flv --enable-muxer=flv --enable-parser=h264,aac \
        --enable-decoder=h264,aac --enable-bsf=extract_extradata &&
        make -j"$(nproc)" ffmpeg
}
if [ ! -x "$FFMPEG" ]; then
    echo "compiling $FFMPEG"
    (compile) >"$WORK/compile.log" 2>&1 || fail "ffmpeg does not compile"
fi

mkdir "$WORK/films"
cp "$FILM" "$WORK/films/film.flv"
start_loopback --directory "$WORK/films" --record "$WORK/films" --tls "$WORK/tls"
export LIBRTMP_TLS_VERIFY=0
remux "$WORK/film.flv" -i "$FILM"
export SOURCE=$WORK/film.flv
copy() { # NAME OUTPUT INPUT-ARGUMENT...
    LIMIT=30 ours "$1" "$FFMPEG" -nostdin -loglevel verbose -y "${@:3}" "${FFMPEG_COPY[@]}" "$2" </dev/null
}

for scheme in rtmp rtmps rtmpe rtmpt rtmpte; do
    at=$(loopback_at "$scheme")
    copy "play-$scheme" "$WORK/play-$scheme.flv" -i "$at/vod/film" || fail "$scheme: ffmpeg's play ended with status $?"
    same_film "ffmpeg with librtmp plays, $scheme" "$WORK/play-$scheme.flv"
    row "$scheme" "ours, both ends" "play, by ffmpeg with librtmp"
    copy "publish-$scheme" "$at/live/by-$scheme" -i "$FILM" || fail "$scheme: ffmpeg's publish ended with status $?"
    loopback_notes "has published live/by-$scheme"
    same_film "ffmpeg with librtmp publishes, $scheme" "$WORK/films/by-$scheme.flv"
    row "$scheme" "ours, both ends" "publish, by ffmpeg with librtmp"
done

# What ffmpeg's users set of librtmp's options it hands over behind the URL.
copy options "$WORK/options.flv" -rtmp_app vod -rtmp_playpath film -rtmp_conn "B:1 S:hello" -rtmp_pageurl http://page.test/ \
    -i "$SERVER/" || fail "ffmpeg's play with options ended with status $?"
same_film "ffmpeg with librtmp plays, with options" "$WORK/options.flv"

# A refusal is a failure, in the server's words.
! copy refused "$WORK/refused.flv" -i "$SERVER/vod/nothing" || fail "ffmpeg played what is not there"
grep -q "NetStream.Play.StreamNotFound" "$WORK/refused.log" || fail "ffmpeg's log does not say what was refused"

start_nginx
copy nginx "$WORK/nginx.flv" -i "$SERVER/vod/film.flv" || fail "nginx: ffmpeg's play ended with status $?"
same_film "ffmpeg with librtmp plays, from nginx" "$WORK/nginx.flv"
row rtmp nginx "play, by ffmpeg with librtmp"
copy recorded "$SERVER/live/ffmpeg" -i "$FILM" || fail "nginx: ffmpeg's publish ended with status $?"
recorded_whole ffmpeg
row rtmp nginx "publish, by ffmpeg with librtmp"
