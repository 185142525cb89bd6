/*
 * play.c - receives an RTMP stream and writes it as an FLV file.
 *
 * Exit status: 0 the stream ended, 1 an error, 2 wrong usage, 130 Ctrl-C. Whatever arrived is in the file in every case.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#include "progress.h"

enum { STREAM_ENDED = 0, FAILED = 1, WRONG_USAGE = 2, INTERRUPTED = 130 };

static int usage(void)
{
    fprintf(stderr,
            "Usage: play [-v] URL [FILE]\n"
            "\n"
            "Receives the RTMP stream at URL and writes it to FILE as FLV; to standard output when FILE is - or not given.\n"
            "Options of the library follow the URL after a space: play \"rtmp://host/app/name live=1 timeout=10\" out.flv\n"
            "\n"
            "  -v   print the library's log; -v -v for all of it\n");
    return WRONG_USAGE;
}

/* Copies the stream until it ends. */
static int receive(RTMP *rtmp, FILE *out)
{
    static char buffer[64 * 1024];
    struct progress progress;
    int n;

    progress_start(&progress, "received");
    while (!interrupted && (n = RTMP_Read(rtmp, buffer, (int)sizeof buffer)) > 0) {
        if (fwrite(buffer, 1, (size_t)n, out) != (size_t)n) {
            fprintf(stderr, "play: cannot write: %s\n", strerror(errno));
            return FAILED;
        }
        progress_add(&progress, rtmp->m_read.timestamp, (size_t)n);
    }
    progress_print(&progress, rtmp->m_read.timestamp, "\n");
    if (interrupted) {
        fprintf(stderr, "play: interrupted; what arrived has been written\n");
        return INTERRUPTED;
    }
    /* RTMP_Read gives 0 for every kind of end. The status tells a stream that the server ended from a lost connection. */
    if (rtmp->m_read.status == RTMP_READ_COMPLETE)
        return STREAM_ENDED;
    if (RTMP_IsTimedout(rtmp))
        fprintf(stderr, "play: nothing came from the server for %d seconds (option timeout=N)\n", rtmp->Link.timeout);
    else if (rtmp->m_read.status == RTMP_READ_ERROR)
        fprintf(stderr, "play: the stream is damaged\n");
    else
        fprintf(stderr, "play: the connection was lost before the server said that the stream has ended\n");
    return FAILED;
}

static int play(RTMP *rtmp, char *url, FILE *out)
{
    /* The library keeps pointers into `url`, which must live until RTMP_Close. */
    if (!RTMP_SetupURL(rtmp, url)) {
        fprintf(stderr, "play: not a usable RTMP URL\n");
        return FAILED;
    }
    /* Connect: the TCP connection, the handshake and the connect command. ConnectStream: the stream itself. */
    if (!RTMP_Connect(rtmp, NULL) || !RTMP_ConnectStream(rtmp, 0)) {
        if (interrupted) {
            fprintf(stderr, "play: interrupted\n");
            return INTERRUPTED;
        }
        fprintf(stderr, "play: cannot play this URL; the lines above say why\n");
        return FAILED;
    }
    return receive(rtmp, out);
}

int main(int argc, char **argv)
{
    const char *file = "-";
    int verbose = 0, option, status;
    FILE *out;
    RTMP *rtmp;

    while ((option = getopt(argc, argv, "v")) != -1) {
        if (option != 'v')
            return usage();
        verbose++;
    }
    if (argc - optind < 1 || argc - optind > 2)
        return usage();
    if (argc - optind == 2)
        file = argv[optind + 1];
    if (strcmp(file, "-") == 0 && isatty(STDOUT_FILENO)) {
        fprintf(stderr, "play: FLV on a terminal is of no use: give a FILE, or redirect standard output\n\n");
        return usage();
    }
    out = strcmp(file, "-") == 0 ? stdout : fopen(file, "wb");
    if (!out) {
        fprintf(stderr, "play: cannot create %s: %s\n", file, strerror(errno));
        return FAILED;
    }
    RTMP_LogSetLevel(verbose == 0 ? RTMP_LOGERROR : verbose == 1 ? RTMP_LOGINFO : RTMP_LOGDEBUG);
    catch_interrupt();

    rtmp = RTMP_Alloc();
    if (!rtmp) {
        fprintf(stderr, "play: out of memory\n");
        return FAILED;
    }
    RTMP_Init(rtmp);
    status = play(rtmp, argv[optind], out);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
    if (fclose(out) != 0) { /* a full disk may show only here */
        fprintf(stderr, "play: cannot write %s: %s\n", file, strerror(errno));
        return FAILED;
    }
    return status;
}
