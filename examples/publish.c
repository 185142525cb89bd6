/*
 * publish.c - sends an FLV file as an RTMP stream, with RTMP_Write.
 *
 * Exit status: 0 everything was sent, 1 an error, 2 wrong usage, 130 Ctrl-C.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#include "progress.h"

enum { ALL_SENT = 0, FAILED = 1, WRONG_USAGE = 2, INTERRUPTED = 130 };

/* An FLV file is 13 bytes, then tags: 11 bytes of header, the body, 4 bytes that repeat the tag's size. */
enum { FILE_HEADER = 13, TAG_HEADER = 11, TAG_TRAILER = 4 };

/* Follows that structure through bytes that come in any pieces, to know the time of the stream. */
struct flv_clock {
    unsigned char head[FILE_HEADER + TAG_HEADER]; /* the first tag's header comes right behind the file's */
    size_t have;        /* bytes of the header that are there */
    size_t need;        /* bytes of the header in all */
    size_t skip;        /* bytes of body and trailer that are still to come */
    uint32_t milliseconds;
    int started;        /* a tag has been seen */
    uint32_t first;     /* its time */
};

static void clock_feed(struct flv_clock *c, const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        size_t take = c->skip < n ? c->skip : n;
        const unsigned char *h;

        if (take > 0) {
            c->skip -= take;
            bytes += take;
            n -= take;
            continue;
        }
        c->head[c->have++] = *bytes++;
        n--;
        if (c->have < c->need)
            continue;
        h = c->head + c->need - TAG_HEADER;
        c->skip = ((size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3]) + TAG_TRAILER;
        c->milliseconds = (uint32_t)h[7] << 24 | (uint32_t)h[4] << 16 | (uint32_t)h[5] << 8 | h[6];
        if (!c->started)
            c->first = c->milliseconds;
        c->started = 1;
        c->need = TAG_HEADER;
        c->have = 0;
    }
}

struct source {
    FILE *file;
    const char *name;
    int fast;       /* do not wait for the clock */
    size_t piece;   /* bytes for each RTMP_Write; 0: a tag at a time */
};

static int usage(void)
{
    fprintf(stderr,
            "Usage: publish [-v] [--fast] [--piece N] FILE URL\n"
            "\n"
            "Sends FILE (FLV; - is standard input) to the RTMP URL, in real time.\n"
            "Options of the library follow the URL after a space: publish film.flv \"rtmp://host/app/name timeout=10\"\n"
            "\n"
            "  --fast      send as fast as the server takes it\n"
            "  --piece N   hand the file to the library N bytes at a time, wherever that cuts it\n"
            "  -v          print the library's log; -v -v for all of it\n");
    return WRONG_USAGE;
}

/* Sleeps until the stream's time has come. A signal ends the sleep early. */
static void wait_for(const struct flv_clock *c, double started)
{
    double left = started + (double)(c->milliseconds - c->first) / 1e3 - seconds_now();
    struct timespec pause;

    if (!c->started || c->milliseconds < c->first || left <= 0)
        return;
    pause.tv_sec = (time_t)left;
    pause.tv_nsec = (long)((left - (double)pause.tv_sec) * 1e9);
    nanosleep(&pause, NULL);
}

/* RTMP_Write may take less than it is given, so it is called until everything is taken. */
static int write_all(RTMP *rtmp, const char *bytes, size_t n)
{
    while (n > 0) {
        int written = RTMP_Write(rtmp, bytes, (int)n);

        if (written <= 0)
            return 0;
        bytes += written;
        n -= (size_t)written;
    }
    return 1;
}

/* Reads what the next RTMP_Write will get: `piece` bytes, or a whole tag where it fits into the buffer. 0 at the end. */
static size_t read_piece(const struct source *source, struct flv_clock *c, char *buffer, size_t room)
{
    int header = c->skip == 0;
    size_t want = source->piece ? source->piece : header ? c->need : c->skip;
    size_t n = fread(buffer, 1, want < room ? want : room, source->file);

    clock_feed(c, (const unsigned char *)buffer, n);
    if (source->piece == 0 && header && c->skip > 0) {
        size_t rest = fread(buffer + n, 1, c->skip < room - n ? c->skip : room - n, source->file);

        clock_feed(c, (const unsigned char *)buffer + n, rest);
        n += rest;
    }
    return n;
}

/* Says what is wrong with a source that has given no more after so many bytes, if anything is. */
static int judge_end(const struct source *source, const struct flv_clock *c, uint64_t bytes)
{
    if (interrupted) {
        fprintf(stderr, "publish: interrupted\n");
        return INTERRUPTED;
    }
    if (ferror(source->file)) {
        fprintf(stderr, "publish: cannot read %s: %s\n", source->name, strerror(errno));
        return FAILED;
    }
    if (bytes < FILE_HEADER) {
        fprintf(stderr, "publish: %s is not an FLV file: it is %s\n", source->name, bytes ? "too short" : "empty");
        return FAILED;
    }
    if (c->have > 0 || c->skip > 0 || !c->started) {
        fprintf(stderr, "publish: %s ends inside a tag; the whole tags before it were sent\n", source->name);
        return FAILED;
    }
    return ALL_SENT;
}

/* Sends the source to its end. */
static int transmit(RTMP *rtmp, const struct source *source)
{
    static char buffer[64 * 1024];
    struct flv_clock clock = {{0}, 0, FILE_HEADER + TAG_HEADER, 0, 0, 0, 0};
    struct progress progress;
    size_t n;

    progress_start(&progress, "sent");
    while (!interrupted) {
        n = read_piece(source, &clock, buffer, sizeof buffer);
        if (n == 0)
            break;
        if (progress.bytes == 0 && buffer[0] != 'F') {
            fprintf(stderr, "publish: %s is not an FLV file\n", source->name);
            return FAILED;
        }
        if (!source->fast)
            wait_for(&clock, progress.started);
        if (!interrupted && !write_all(rtmp, buffer, n)) {
            if (interrupted)
                break;
            progress_print(&progress, clock.milliseconds, "\n");
            fprintf(stderr, "publish: the server no longer takes the stream\n");
            return FAILED;
        }
        progress_add(&progress, clock.milliseconds, n);
    }
    progress_print(&progress, clock.milliseconds, "\n");
    return judge_end(source, &clock, progress.bytes);
}

static int publish(RTMP *rtmp, char *url, const struct source *source)
{
    /* The library keeps pointers into `url`, which must live until RTMP_Close. */
    if (!RTMP_SetupURL(rtmp, url)) {
        fprintf(stderr, "publish: not a usable RTMP URL\n");
        return FAILED;
    }
    RTMP_EnableWrite(rtmp); /* after RTMP_SetupURL, which would undo it */
    if (!RTMP_Connect(rtmp, NULL) || !RTMP_ConnectStream(rtmp, 0)) {
        if (interrupted) {
            fprintf(stderr, "publish: interrupted\n");
            return INTERRUPTED;
        }
        fprintf(stderr, "publish: cannot publish at this URL; the lines above say why\n");
        return FAILED;
    }
    return transmit(rtmp, source);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"fast", no_argument, NULL, 'f'}, {"piece", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    struct source source = {NULL, NULL, 0, 0};
    int verbose = 0, option, status;
    char *end;
    RTMP *rtmp;

    while ((option = getopt_long(argc, argv, "v", options, NULL)) != -1) {
        switch (option) {
        case 'f':
            source.fast = 1;
            break;
        case 'p':
            source.piece = strtoul(optarg, &end, 10);
            if (*end || source.piece < 1 || source.piece > 65536) {
                fprintf(stderr, "publish: --piece takes a number from 1 to 65536\n\n");
                return usage();
            }
            break;
        case 'v':
            verbose++;
            break;
        default:
            return usage();
        }
    }
    if (argc - optind != 2)
        return usage();
    source.name = argv[optind];
    source.file = strcmp(source.name, "-") == 0 ? stdin : fopen(source.name, "rb");
    if (!source.file) {
        fprintf(stderr, "publish: cannot open %s: %s\n", source.name, strerror(errno));
        return FAILED;
    }
    RTMP_LogSetLevel(verbose == 0 ? RTMP_LOGERROR : verbose == 1 ? RTMP_LOGINFO : RTMP_LOGDEBUG);
    catch_interrupt();

    rtmp = RTMP_Alloc();
    if (!rtmp) {
        fprintf(stderr, "publish: out of memory\n");
        return FAILED;
    }
    RTMP_Init(rtmp);
    status = publish(rtmp, argv[optind + 1], &source);
    RTMP_Close(rtmp); /* tells the server that the stream ends, and waits until it has read everything */
    RTMP_Free(rtmp);
    fclose(source.file);
    return status;
}
