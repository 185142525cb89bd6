"""Whole programs that play and publish the same film: what a byte costs each of them."""

import os
import shutil
import statistics
import subprocess
import threading
import tomllib

from harness import ROOT, Peer

FILM = f"{ROOT}/examples/media/demo.flv"
FILE_HEADER, TAG_HEADER = 13, 11
# A byte costs what a long run costs more than a short one.
SHORT, LONG = 8, 72
ROUNDS = 3
TIMEOUT = 60

CRATES = f"{ROOT}/benches/crates"
CRATES_BUILT = f"{ROOT}/target/crates"
LIBRTMP2, RML_RTMP = (f"{CRATES_BUILT}/release/{name}-client" for name in ("librtmp2", "rml"))

# Name, command, library. The first of each is what the others are compared with.
PLAYERS = [
    ("rtmpdump, this library", ["rtmpdump", "-q", "-r", "URL", "-o", "/dev/null"], "ours"),
    ("rtmpdump, the reference", ["rtmpdump", "-q", "-r", "URL", "-o", "/dev/null"], "reference"),
    ("ffmpeg -c copy", ["ffmpeg", "-v", "quiet", "-i", "URL", "-c", "copy", "-f", "flv", "-y", "/dev/null"], None),
    ("GStreamer rtmp2src", ["gst-launch-1.0", "-q", "rtmp2src", "location=URL", "!", "fakesink", "sync=false"], None),
    ("the crate librtmp2", [LIBRTMP2, "play", "URL"], None),
    ("the crate rml_rtmp", [RML_RTMP, "play", "URL"], None),
]
PUBLISHERS = [
    ("GStreamer rtmpsink, this library",
     ["gst-launch-1.0", "-q", "filesrc", "location=FILM", "!", "rtmpsink", "location=URL", "sync=false"], "ours"),
    ("ffmpeg -c copy", ["ffmpeg", "-v", "quiet", "-i", "FILM", "-c", "copy", "-f", "flv", "URL"], None),
    ("GStreamer flvdemux, flvmux, rtmp2sink",
     ["gst-launch-1.0", "-q", "filesrc", "location=FILM", "!", "flvdemux", "name=d", "d.video", "!", "queue", "!", "m.video",
      "d.audio", "!", "queue", "!", "m.audio", "flvmux", "name=m", "streamable=true", "!", "rtmp2sink", "location=URL",
      "sync=false"], None),
    ("the crate librtmp2", [LIBRTMP2, "publish", "FILM", "URL"], None),
    ("the crate rml_rtmp", [RML_RTMP, "publish", "FILM", "URL"], None),
]


def build_crates():
    """Builds the clients that are made of other crates."""
    subprocess.run([os.environ.get("CARGO", "cargo"), "build", "--quiet", "--release", "--locked", "--manifest-path",
                    f"{CRATES}/Cargo.toml", "--target-dir", CRATES_BUILT], check=True)


def crate_versions():
    with open(f"{CRATES}/Cargo.lock", "rb") as lock:
        packages = tomllib.load(lock)["package"]
    return ", ".join(f"{each['name']} {each['version']}" for each in packages if each["name"] in ("librtmp2", "rml_rtmp"))


def tags(flv):
    """The tags of a film: time, and the bytes."""
    at = FILE_HEADER
    while at + TAG_HEADER <= len(flv):
        size = int.from_bytes(flv[at + 1:at + 4], "big") + TAG_HEADER + 4
        yield int.from_bytes(flv[at + 4:at + 7], "big"), flv[at:at + size]
        at += size


def long_film(directory, mebibytes):
    """The film again and again, its times going on."""
    with open(FILM, "rb") as file:
        flv = file.read()
    once = list(tags(flv))
    length = max(time for time, _ in once) + 40
    path = f"{directory}/{mebibytes}.flv"
    with open(path, "wb") as out:
        out.write(flv[:FILE_HEADER])
        offset = 0
        while out.tell() < mebibytes << 20:
            for time, tag in once:
                # Lower 24 bits, then the upper 8.
                now = (time + offset).to_bytes(4, "big")
                out.write(tag[:4] + now[1:] + now[:1] + tag[8:])
            offset += length
    return path


def spent(bench, words, library):
    """Seconds of processor time of a program."""
    environment = bench.environment(library) if library else dict(os.environ)
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    watchdog = threading.Timer(TIMEOUT, process.kill)
    watchdog.start()
    _, status, usage = os.wait4(process.pid, 0)
    watchdog.cancel()
    return usage.ru_utime + usage.ru_stime if status == 0 else None


def per_byte(bench, programs, servers, films):
    """For each program: nanoseconds a byte, and the ratio to the first's; None where it failed."""
    costs = {name: [] for name, words, _ in programs if shutil.which(words[0])}
    for _ in range(ROUNDS):
        for name, words, library in programs:
            if name not in costs:
                continue
            run = {}
            for size in (SHORT, LONG):
                url = f"rtmp://127.0.0.1:{servers[size].port}/app/stream"
                filled = [word.replace("URL", url).replace("FILM", films[size]) for word in words]
                run[size] = spent(bench, filled, library)
            costs[name].append(None if None in run.values() else (run[LONG] - run[SHORT]) * 1e9 / (LONG - SHORT << 20))
    first = next(iter(costs.values()), [])
    return {name: None if None in each else
            (statistics.median(each), statistics.median(one / base for one, base in zip(each, first)))
            for name, each in costs.items()}


def measure(bench):
    build_crates()
    films = {size: long_film(bench.dir, size) for size in (SHORT, LONG)}
    blast = ("blast", bench.serving, "rtmp", 0, 4096)
    with Peer(bench, *blast, SHORT, FILM) as short, Peer(bench, *blast, LONG, FILM) as long:
        play = per_byte(bench, PLAYERS, {SHORT: short, LONG: long}, films)
    with Peer(bench, "sink", "rtmp") as sink:
        publish = per_byte(bench, PUBLISHERS, {SHORT: sink, LONG: sink}, films)
    return {"play": play, "publish": publish}
