/* What the programs of this directory share: a server in a thread of its own, which takes the client's messages as
 * they come, the library's log, kept to be searched, and one line for each thing that is checked. */
#ifndef OURS_H
#define OURS_H

#include "../rtmp_server.h"
#include <dirent.h>
#include <pthread.h>
#include <time.h>

/* One line for a thing checked; the expected output has only lines that begin with "ok". */
static inline int check(int good, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline int check(int good, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    say("%s %s\n", good ? "ok  " : "FAIL", text);
    return good;
}

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* How many descriptors are open, counting what the counting opens. */
static inline int descriptors(void)
{
    int n = 0;
    DIR *list = opendir("/proc/self/fd");
    while (readdir(list)) n++;
    closedir(list);
    return n;
}

/* ---- the log ---- */

static char log_text[1 << 18];
static size_t log_len;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static inline void log_keep(int level, const char *format, va_list list)
{
    (void)level;
    pthread_mutex_lock(&log_lock);
    if (log_len + 4096 < sizeof log_text) {
        log_len += (size_t)vsnprintf(log_text + log_len, 4000, format, list);
        log_text[log_len++] = '\n';
        log_text[log_len] = 0;
    }
    pthread_mutex_unlock(&log_lock);
}

/* From now on lines of this level and worse are kept. */
static inline void log_from(RTMP_LogLevel level)
{
    RTMP_LogSetCallback(log_keep);
    RTMP_LogSetLevel(level);
}

static inline void log_forget(void)
{
    pthread_mutex_lock(&log_lock);
    log_text[log_len = 0] = 0;
    pthread_mutex_unlock(&log_lock);
}

static inline int log_has(const char *words)
{
    pthread_mutex_lock(&log_lock);
    int found = strstr(log_text, words) != NULL;
    pthread_mutex_unlock(&log_lock);
    return found;
}

/* ---- the client's messages, as a server takes them ---- */

struct message {
    unsigned channel, stamp, type, stream;
    unsigned char *body; /* the caller's to free */
    size_t n;
};

/* Reads exactly n bytes; with `slow`, at most 1 KB at a time and then a rest. 0 at the end of the stream. */
static int slow;
static inline int take(struct server *s, void *to, size_t n)
{
    unsigned char *at = to;
    while (n) {
        ssize_t got = recv(s->fd, at, slow && n > 1024 ? 1024 : n, slow ? 0 : MSG_WAITALL);
        if (got <= 0) {
            if (got < 0 && errno == EINTR) continue;
            return 0;
        }
        if (slow && n > 64) pause_ms(2);
        at += got;
        n -= (size_t)got;
    }
    return 1;
}

/* The client's next message; 0 at the end of the stream. The client's chunk size is followed. */
static inline int take_message(struct server *s, struct message *m)
{
    static const size_t lengths[] = {11, 7, 3, 0};
    for (;;) {
        unsigned char basic, p[11];
        if (!take(s, &basic, 1)) return 0;
        unsigned format = basic >> 6, number = basic & 63;
        if (number < 2) {
            if (!take(s, p, number + 1)) return 0;
            number = 64 + p[0] + (number ? 256u * p[1] : 0);
        }
        struct channel *c = &s->channels[number];
        size_t fixed = lengths[format];
        if (!take(s, p, fixed)) return 0;
        if (!c->got && format < 3) c->format = (int)format;
        if (fixed >= 3) c->stamp = be(p, 3), c->extended = c->stamp == 0xffffff;
        if (fixed >= 7) c->length = be(p + 3, 3), c->type = p[6];
        if (fixed >= 11) c->stream = p[7] | p[8] << 8 | p[9] << 16 | (unsigned)p[10] << 24;
        if (c->extended) {
            if (!take(s, p, 4)) return 0;
            c->stamp = be(p, 4);
        }
        if (!c->got) c->body = malloc(c->length + 1);
        size_t part = c->length - c->got < s->client_chunk ? c->length - c->got : s->client_chunk;
        if (!take(s, c->body + c->got, part)) {
            if (!c->got) free(c->body);
            return 0;
        }
        c->got += (unsigned)part;
        if (c->got < c->length) continue;
        if (c->type == 1) s->client_chunk = be(c->body, 4);
        *m = (struct message){number, c->stamp, c->type, c->stream, c->body, c->length};
        c->got = 0;
        return 1;
    }
}

/* Whether a message is this command; its transaction number is kept in *txn. */
static inline int is_command(const struct message *m, const char *name, double *txn)
{
    size_t n = strlen(name);
    if (m->type != 20 || m->n < n + 12 || m->body[0] != 2 || be(m->body + 1, 2) != n || memcmp(m->body + 3, name, n))
        return 0;
    unsigned long long bits =
        (unsigned long long)be(m->body + n + 4, 4) << 32 | be(m->body + n + 8, 4);
    if (txn) memcpy(txn, &bits, 8);
    return 1;
}

/* Takes messages until this command, whose transaction number it returns; -1 at the end of the stream. */
static inline double await_command(struct server *s, const char *name)
{
    struct message m;
    double txn = -1;
    while (take_message(s, &m)) {
        int found = is_command(&m, name, &txn);
        free(m.body);
        if (found) return txn;
    }
    return -1;
}

static inline int take_hello(struct server *s)
{
    unsigned char hello[1 + HANDSHAKE];
    return take(s, hello, sizeof hello);
}

/* The whole of a plain handshake. */
static inline int shake(struct server *s)
{
    unsigned char echo[HANDSHAKE];
    if (!take_hello(s)) return 0;
    server_greet(s);
    return take(s, echo, sizeof echo);
}

static inline int accept_connect(struct server *s)
{
    double txn = await_command(s, "connect");
    server_invoke(s, "sn{ks}{ksks}", "_result", txn, "fmsVer", "FMS/3,5", "level", "status", "code",
                  "NetConnection.Connect.Success");
    return txn >= 0;
}

static inline int accept_create_stream(struct server *s)
{
    double txn = await_command(s, "createStream");
    server_invoke(s, "sn0n", "_result", txn, 1.0);
    return txn >= 0;
}

/* As far as the stream that is published or played. */
static inline int accept_stream(struct server *s, const char *command)
{
    int good = shake(s) && accept_connect(s) && accept_create_stream(s) && await_command(s, command) >= 0;
    server_status(s, "status", *command == 'p' && command[1] == 'u' ? "NetStream.Publish.Start" : "NetStream.Play.Start");
    return good;
}

/* Takes what comes until the client closes. */
static inline void take_rest(struct server *s)
{
    char unwanted[4096];
    while (recv(s->fd, unwanted, sizeof unwanted, 0) > 0) {}
}

/* ---- a server in a thread ---- */

struct host {
    int listener, port;
    pthread_t thread;
    void (*script)(struct host *, struct server *); /* one connection */
    const void *argument;
    struct server s;
};

static inline void *host_run(void *argument)
{
    struct host *h = argument;
    int fd = accept(h->listener, NULL, NULL);
    if (fd < 0) return NULL;
    server_on(&h->s, fd);
    h->script(h, &h->s);
    server_end(&h->s);
    return NULL;
}

/* Listens, with a receive buffer of this size (0: the system's), and plays the script to the first client. */
static inline void host_start(struct host *h, void (*script)(struct host *, struct server *), const void *argument,
                              int receive_buffer)
{
    struct sockaddr_in at;
    h->listener = listen_anywhere(&at);
    if (receive_buffer) setsockopt(h->listener, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    h->port = ntohs(at.sin_port);
    h->script = script;
    h->argument = argument;
    if (pthread_create(&h->thread, NULL, host_run, h)) die("pthread_create");
}

static inline void host_end(struct host *h)
{
    shutdown(h->listener, SHUT_RDWR);
    pthread_join(h->thread, NULL);
    close(h->listener);
}

/* ---- the client ---- */

/* A handle for this place; the text has to live as long as the session. */
static inline void client_for(RTMP *r, char *url, size_t size, int port, const char *options, int publishes)
{
    snprintf(url, size, "rtmp://127.0.0.1:%d/app/path%s%s", port, *options ? " " : "", options);
    RTMP_Init(r);
    if (!RTMP_SetupURL(r, url)) say("FAIL SetupURL\n");
    if (publishes) RTMP_EnableWrite(r);
}

/* One FLV tag with its previous-tag-size. */
static inline void put_tag(struct body *b, int type, unsigned stamp, const void *body, size_t n)
{
    put_be(b, (unsigned)type, 1), put_be(b, (unsigned)n, 3), put_be(b, stamp & 0xffffff, 3), put_be(b, stamp >> 24, 1);
    put_be(b, 0, 3);
    put(b, body, n);
    put_be(b, (unsigned)n + 11, 4);
}

static inline int write_tag(RTMP *r, int type, unsigned stamp, const void *body, size_t n)
{
    struct body *b = calloc(1, sizeof *b);
    put_tag(b, type, stamp, body, n);
    int written = RTMP_Write(r, (char *)b->bytes, (int)b->n);
    free(b);
    return written;
}

#endif
