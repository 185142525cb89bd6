#!/usr/bin/env python3
"""Lists the tags of an FLV file, compares two files tag by tag, or makes a long film of a short one.

    flvtags.py list FILE
    flvtags.py compare SOURCE GOT [options]
    flvtags.py loop SOURCE TIMES START OUT

A tag is (kind, timestamp, sha256 of its body). A comparison is exact: every tag, in order, none missing, none extra; each
option removes one difference that a server is entitled to make. Both files are parsed strictly: a wrong previous-tag-size, an
unknown tag type or a file that ends inside a tag is an error.

Exit status: 0 the same, 1 different, 2 not a well-formed FLV file or a wrong command line.
Python's standard library only.
"""

import argparse
import hashlib
import struct
import sys
from typing import NamedTuple

AUDIO, VIDEO, SCRIPT = 8, 9, 18
KINDS = {AUDIO: "audio", VIDEO: "video", SCRIPT: "script"}
NUMBERS = {kind: number for number, kind in KINDS.items()}


class Malformed(Exception):
    """The file is not FLV from its first byte to its last."""


class Tag(NamedTuple):
    kind: str
    time: int
    body: bytes

    @property
    def digest(self):
        return hashlib.sha256(self.body).hexdigest()

    @property
    def is_sequence_header(self):
        """An AVC or AAC decoder configuration, which is not a frame."""
        if self.kind == "video":
            return len(self.body) > 1 and self.body[0] & 0x0F == 7 and self.body[1] == 0
        if self.kind == "audio":
            return len(self.body) > 1 and self.body[0] >> 4 == 10 and self.body[1] == 0
        return False

    @property
    def is_keyframe(self):
        return (self.kind == "video" and len(self.body) > 0 and self.body[0] >> 4 == 1
                and not self.is_sequence_header)

    @property
    def is_empty(self):
        """What RTMP_Read leaves out: tags too short to hold media."""
        return (self.kind == "video" and len(self.body) <= 5) or (self.kind == "audio" and len(self.body) <= 1)

    def __str__(self):
        note = " sequence-header" if self.is_sequence_header else " keyframe" if self.is_keyframe else ""
        return f"{self.kind:6} {self.time:9} ms {len(self.body):7} bytes {self.digest[:16]}{note}"


def parse(path):
    with (sys.stdin.buffer if path == "-" else open(path, "rb")) as file:
        data = file.read()
    if len(data) < 13 or data[:4] != b"FLV\x01":
        raise Malformed(f"{path}: no FLV header in its {len(data)} bytes")
    if data[5:13] != b"\0\0\0\x09\0\0\0\0":
        raise Malformed(f"{path}: the FLV header is damaged: {data[:13].hex(' ')}")
    tags, at = [], 13
    while at < len(data):
        if at + 11 > len(data):
            raise Malformed(f"{path}: ends inside a tag header at byte {at}")
        kind, size = data[at], int.from_bytes(data[at + 1:at + 4], "big")
        time = int.from_bytes(data[at + 4:at + 7], "big") | data[at + 7] << 24
        if kind not in KINDS:
            raise Malformed(f"{path}: unknown tag type {kind} at byte {at}")
        end = at + 11 + size
        if end + 4 > len(data):
            raise Malformed(f"{path}: ends inside the {KINDS[kind]} tag at byte {at}")
        (previous,) = struct.unpack(">I", data[end:end + 4])
        if previous != 11 + size:
            raise Malformed(f"{path}: previous-tag-size {previous} at byte {end}, should be {11 + size}")
        tags.append(Tag(KINDS[kind], time, data[at + 11:end]))
        at = end + 4
    return tags


def without_repeats(tags):
    """Leaves out sequence headers that say what the last one of their kind said: nginx's recorder writes them again."""
    last, kept = {}, []
    for tag in tags:
        if tag.is_sequence_header:
            if last.get(tag.kind) == tag.body:
                continue
            last[tag.kind] = tag.body
        kept.append(tag)
    return kept


def prepare(tags, options):
    if options.no_script:
        tags = [tag for tag in tags if tag.kind != "script"]
    if options.no_empty:
        tags = [tag for tag in tags if not tag.is_empty]
    if options.no_headers:
        tags = [tag for tag in tags if not tag.is_sequence_header]
    if options.no_repeats:
        tags = without_repeats(tags)
    return tags


class Different(Exception):
    """What differs, in words."""


def headers_apart(source, got):
    """Takes the sequence headers out of both lists, after checking them by themselves: `got` has those of `source`, no others,
    and each kind has one before its first frame."""
    wanted = {tag.body for tag in source if tag.is_sequence_header}
    configured = set()
    for tag in got:
        if tag.is_sequence_header:
            if tag.body not in wanted:
                raise Different(f"a sequence header that the source does not have: {tag}")
            configured.add(tag.kind)
        elif tag.kind in ("audio", "video") and tag.kind not in configured:
            if any(other.is_sequence_header and other.kind == tag.kind for other in source):
                raise Different(f"a frame before the sequence header of its kind: {tag}")
    return [[tag for tag in tags if not tag.is_sequence_header] for tags in (source, got)]


def from_join(source, got):
    """The part of `source` that a player who joined in the middle must have got: everything from the first frame of `got` on,
    but for the video before the first keyframe that it got, which nothing could have decoded."""
    video = next((tag for tag in got if tag.kind == "video"), None)
    if video is None:
        raise Different("no video was received")
    if not video.is_keyframe:
        raise Different(f"the video does not begin with a keyframe: {video}")

    def position(wanted):
        for index, tag in enumerate(source):
            if (tag.kind, tag.body) == (wanted.kind, wanted.body):
                return index
        raise Different(f"the source has no such frame: {wanted}")

    start, keyframe = position(got[0]), position(video)
    return [tag for tag in source[start:keyframe] if tag.kind != "video"] + source[keyframe:]


def difference(source, got, options):
    """Raises Different with the first thing that differs."""
    shift = got[0].time - source[0].time if options.shift and source and got else 0
    for index in range(max(len(source), len(got))):
        if index >= len(got):
            raise Different(f"{len(source) - index} of {len(source)} tags are missing, the first is number {index}: {source[index]}")
        if index >= len(source):
            raise Different(f"{len(got) - index} tags too many, the first is number {index}: {got[index]}")
        want, have = source[index], got[index]
        if (want.kind, want.body) != (have.kind, have.body):
            raise Different(f"tag number {index}:\n  source {want}\n  got    {have}")
        if not options.no_times and have.time - want.time != shift:
            raise Different(f"timestamp of tag number {index} (constant shift {shift}):\n  source {want}\n  got    {have}")


def compare(options):
    source, got = prepare(parse(options.source), options), prepare(parse(options.got), options)
    if options.joined or options.headers_apart:
        source, got = headers_apart(source, got)
    if options.joined:
        source = from_join(source, got)
    if not source:
        raise Different("the source has no tags to compare")
    groups = [("video",), ("audio",), ("script",)] if options.per_kind else [("video", "audio", "script")]
    for kinds in groups:
        wanted, there = ([tag for tag in tags if tag.kind in kinds] for tags in (source, got))
        if len(wanted) - options.unsent <= len(there) < len(wanted):
            wanted = wanted[: len(there)]
        difference(wanted, there, options)
    counts = {kind: sum(tag.kind == kind for tag in got) for kind in KINDS.values()}
    print(f"the same: {len(got)} tags ({counts['video']} video, {counts['audio']} audio, {counts['script']} script)")


def write(path, tags):
    with open(path, "wb") as out:
        out.write(b"FLV\x01\x05\0\0\0\x09\0\0\0\0")
        for tag in tags:
            size = len(tag.body)
            out.write(bytes([NUMBERS[tag.kind]]) + size.to_bytes(3, "big") + (tag.time & 0xFFFFFF).to_bytes(3, "big")
                      + bytes([tag.time >> 24, 0, 0, 0]) + tag.body + (11 + size).to_bytes(4, "big"))


def looped(tags, times, start):
    """The film `times` times in a row, the first at `start` ms; script tags and sequence headers only once."""
    length = max(tag.time for tag in tags) + 40
    for turn in range(times):
        for tag in tags:
            if turn == 0 or not (tag.kind == "script" or tag.is_sequence_header):
                yield tag._replace(time=(start + turn * length + tag.time) & 0xFFFFFFFF)


def main():
    parser = argparse.ArgumentParser(description="Lists, compares and loops FLV files.")
    commands = parser.add_subparsers(dest="command", required=True)
    lister = commands.add_parser("list", help="print every tag")
    lister.add_argument("file", help="FLV file, - for standard input")
    comparer = commands.add_parser("compare", help="compare two files tag by tag")
    comparer.add_argument("source")
    comparer.add_argument("got")
    comparer.add_argument("--no-script", action="store_true", help="leave out script tags (servers write their own metadata)")
    comparer.add_argument("--no-repeats", action="store_true", help="leave out sequence headers that repeat the last one")
    comparer.add_argument("--no-headers", action="store_true", help="leave out sequence headers (a server may write its own)")
    comparer.add_argument("--no-empty", action="store_true", help="leave out tags too short to hold media")
    comparer.add_argument("--shift", action="store_true", help="timestamps may differ by one constant")
    comparer.add_argument("--no-times", action="store_true", help="do not compare timestamps")
    comparer.add_argument("--headers-apart", action="store_true",
                          help="sequence headers need only come before the first frame of their kind")
    comparer.add_argument("--joined", action="store_true", help="GOT may begin at a later frame, video with a keyframe")
    comparer.add_argument("--unsent", type=int, default=0, metavar="N", help="at most the last N tags may be missing (--per-kind: of each)")
    comparer.add_argument("--per-kind", action="store_true", help="audio and video may be interleaved differently")
    looper = commands.add_parser("loop", help="write a film several times in a row")
    looper.add_argument("source")
    looper.add_argument("times", type=int)
    looper.add_argument("start", type=int, help="time of the first tag in milliseconds")
    looper.add_argument("out")
    options = parser.parse_args()
    try:
        if options.command == "list":
            for tag in parse(options.file):
                print(tag)
            return 0
        if options.command == "loop":
            write(options.out, looped(parse(options.source), options.times, options.start))
            return 0
        compare(options)
    except Different as found:
        print(f"different: {found}", file=sys.stderr)
        return 1
    except (Malformed, OSError) as error:
        print(f"flvtags.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
