"""The report of `make bench`: docs/benchmarks.md, section by section, and its picture."""

import os
import subprocess
import time

import others
import trips
from harness import CLIENT_TIMEOUT
from jobs import LIMIT_RATIO, MEMORY_LIMIT


def verdict(met):
    return "met" if met else "**missed**"


def spread(pair):
    return f"{pair[0]:.3g}–{pair[1]:.3g}"


def one_line(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.splitlines()[0].strip() if done.stdout else "?"


def introduction(pairs, serving):
    return [
        "# Benchmarks",
        "",
        "Written by `make bench`: run it to get these tables for your own machine. Both libraries are driven by the same",
        "program (`benches/job.c`) against servers that contain no RTMP library (`benches/sink.c`, `benches/blast.c`), on",
        f"loopback, in turn, {pairs} pairs a job. Players are served with {serving}: of two ways to serve (a send of 2 MiB, and sendfile)",
        "the one with which the bare client takes less time on this machine, so that the server is not what clients wait for.",
        "Counted is the client's own processor time, user and system, of the transfer alone. A ratio is the median of the",
        "pairs' ratios; the range is from the least to the greatest of them. System calls are counted under valgrind, where a",
        "look at the clock, for which Linux needs no call, is one.",
        "",
        "![Processor time in multiples of a bare program's](benchmarks.svg)",
        "",
    ]


def ratio_verdict(found):
    """Whether the ratio's target is met, and if not, whether any program could meet it here."""
    target = found["job"].target
    if found["ratio"] <= target or not found["reference limit"] or 1 / found["reference limit"] <= target:
        return verdict(found["ratio"] <= target)
    return f"**missed**; the bare program itself takes {1 / found['reference limit']:.3f}"


def against_reference(results):
    lines = [
        "## Against the reference",
        "",
        "| job | ratio | range | target | | system calls per MiB, ours / reference |",
        "|---|---|---|---|---|---|",
    ]
    for found in results:
        job = found["job"]
        lines.append(
            f"| {job.name} | {found['ratio']:.3f} | {spread(found['spread'])} | {job.target} "
            f"| {ratio_verdict(found)} | {found['calls']['ours']:.0f} / {found['calls']['reference']:.0f} |")
    return lines + [
        "",
        "Two targets are out of reach of any program that sends each tag when it gets it: of a tag of 4 KiB the reference makes",
        "32 writes, and of one of 300 bytes three. One write, if it cost no more than each of these, would be at 0.031 and 0.33.",
        "",
    ]


def against_limit(results):
    lines = [
        "## Against the physical limit",
        "",
        "A bare program (`benches/bare.c`) sends the same bytes with one gathered write a message, or receives them with",
        "64 KiB reads; for rtmps it does the same with OpenSSL's `SSL_write` and `SSL_read`. The ratio is this library's",
        "processor time to that program's, the last column the reference's. It can be below 1: the bare receiver's calls bring",
        "up to 64 KiB, this library's up to 256 KiB; and sixteen tags, which the bare program sends in one write of more than",
        "64 KiB, this library sends in two.",
        "",
        "| job | ratio | range | target | | reference |",
        "|---|---|---|---|---|---|",
    ]
    for found in results:
        if found["limit"] is None:
            continue
        job = found["job"]
        target = LIMIT_RATIO if job.has_limit_target else "—"
        met = verdict(found["limit"] <= LIMIT_RATIO) if job.has_limit_target else ""
        lines.append(f"| {job.name} | {found['limit']:.2f} | {spread(found['limit spread'])} | {target} | {met} "
                     f"| {found['reference limit']:.1f} |")
    return lines + [""]


def trips_and_memory(found_trips, memory):
    lines = [
        "## Round trips and memory",
        "",
        "Round trips between the first byte and the stream, through a line that delays each direction by "
        f"{trips.DELAY_MS} ms:",
        "",
        "| | ours | reference |",
        "|---|---|---|",
    ]
    for kind in ("publish", "play"):
        lines.append(f"| {kind} | {found_trips[kind, 'ours']} | {found_trips[kind, 'reference']} |")
    return lines + [
        "",
        f"Memory of an open idle handle beyond `sizeof(RTMP)`: {memory['ours']} bytes (at most {MEMORY_LIMIT}; the reference: "
        f"{memory['reference']}).",
        "",
    ]


def other_clients(clients):
    lines = [
        "## Other clients",
        "",
        "Processor time of whole programs that play and publish the same film, nanoseconds a byte, in turn; a ratio is the",
        f"median of {others.ROUNDS} rounds' ratios to the first line. They do different things with the film: `rtmpdump`, `rtmp2src`",
        "and `rtmpsink` hand its bytes on; ffmpeg, and what `rtmp2sink` needs before it, take it apart and put it together again.",
        "The clients of the crates (`benches/crates`) count the bytes they get, and send slices of a film that they have in memory.",
        "",
        "| | program | ns/byte | ratio |",
        "|---|---|---|---|",
    ]
    for kind, programs in clients.items():
        for name, found in programs.items():
            lines.append(f"| {kind} | {name} | {found[0]:.3f} | {found[1]:.2f} |" if found else f"| {kind} | {name} | — | failed |")
    return lines + [""]


def formats(codecs):
    return ["## Formats", "", "Without any I/O, by `cargo bench --bench codecs` (`benches/codecs.rs`):", "",
            "```text", codecs, "```", ""]


def processor():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return "unknown processor"


def machine():
    rows = [
        ("Machine", f"{processor()}, {os.cpu_count()} processors"),
        ("Kernel", f"{os.uname().sysname} {os.uname().release}"),
        ("Reference", "librtmp1 " + one_line(["dpkg-query", "-W", "-f", "${Version}\\n", "librtmp1"])),
        ("OpenSSL", one_line(["openssl", "version"])),
        ("Compiler", one_line(["rustc", "--version"])),
        ("ffmpeg", one_line(["ffmpeg", "-version"])),
        ("GStreamer", one_line(["gst-launch-1.0", "--version"])),
        ("Crates", others.crate_versions()),
        ("Date", time.strftime("%Y-%m-%d", time.gmtime())),
    ]
    return ["## Measured on", "", "| | |", "|---|---|"] + [f"| {name} | {text} |" for name, text in rows]


def not_compared(unfinished):
    return [line for name in unfinished
            for line in ("", f"Not compared: {name}; a client did not finish in {CLIENT_TIMEOUT} s.")]


def page(results, unfinished, memory, found_trips, clients, codecs, pairs, serving):
    """The whole report. `results`: of each job what `run_pairs` found; `unfinished`: the names of jobs without any."""
    lines = (introduction(pairs, serving) + against_reference(results) + against_limit(results)
             + trips_and_memory(found_trips, memory) + other_clients(clients) + formats(codecs) + machine()
             + not_compared(unfinished))
    return "\n".join(lines) + "\n"
