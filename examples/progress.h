/*
 * progress.h - what the examples print on stderr while they work, and how Ctrl-C reaches them.
 *
 * A helper for the examples only; nothing of it is needed to use librtmp.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librtmp/rtmp.h>

struct progress {
    double started; /* seconds on the monotonic clock */
    double printed; /* when the last line was printed */
    uint64_t bytes;
    const char *verb;
};

static volatile sig_atomic_t interrupted;

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void progress_start(struct progress *p, const char *verb)
{
    p->started = p->printed = seconds_now();
    p->bytes = 0;
    p->verb = verb;
}

static void progress_print(const struct progress *p, uint32_t stream_ms, const char *end)
{
    double elapsed = seconds_now() - p->started;

    fprintf(stderr, "%s %.1f kB, %.2f s of stream, %.0f kbit/s%s", p->verb, (double)p->bytes / 1e3,
            (double)stream_ms / 1e3, elapsed > 0 ? (double)p->bytes * 8 / 1e3 / elapsed : 0.0, end);
}

/* Counts `bytes` more and now and then says so: on a terminal in place, in a log file as a line every ten seconds. */
static void progress_add(struct progress *p, uint32_t stream_ms, size_t bytes)
{
    int terminal = isatty(STDERR_FILENO);
    double now = seconds_now();

    p->bytes += bytes;
    if (now - p->printed < (terminal ? 0.25 : 10.0))
        return;
    p->printed = now;
    progress_print(p, stream_ms, terminal ? "   \r" : "\n");
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
    RTMP_UserInterrupt(); /* only sets a flag, so it may be called here */
}

/*
 * A blocking call of the library goes on after a signal, unless RTMP_UserInterrupt was called: then it ends with EINTR.
 * No SA_RESTART, or the kernel itself would go on. SA_RESETHAND: a second Ctrl-C kills the program as usual.
 */
static void catch_interrupt(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

#endif
