/* A scripted server in the same thread: both ends of a loopback connection belong to the program. What the server
 * says is written before the client reads it, so every run is the same, and what the client has said is taken from
 * the socket and printed in a normal form. */
#ifndef RTMP_SERVER_H
#define RTMP_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANDSHAKE 1536
#define CLIENT_CHANNELS 70000

struct channel {
    unsigned stamp, length, type, stream, got;
    int extended, format;
    unsigned char *body;
};

/* The server's end. */
struct server {
    int fd;
    int client;            /* the client's end, where it is known; else -1 */
    unsigned chunk;        /* the size of the chunks it sends */
    unsigned client_chunk; /* the size of the client's */
    int greeted;           /* the client's handshake was taken */
    int terse;             /* what each header left out, and so its time, is not shown */
    unsigned char *in;
    size_t in_len, in_cap;
    struct channel *channels;
};

/* A body in the making. */
struct body {
    unsigned char bytes[70000];
    size_t n;
};

static inline void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    fflush(stdout);
}

static inline void die(const char *what)
{
    perror(what);
    exit(2);
}

static inline void put(struct body *b, const void *bytes, size_t n)
{
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
}

static inline void put_be(struct body *b, unsigned value, int bytes)
{
    while (bytes-- > 0) b->bytes[b->n++] = bytes < 4 ? (unsigned char)(value >> (8 * bytes)) : 0;
}

static inline void put_double(struct body *b, double value)
{
    unsigned long long bits;
    memcpy(&bits, &value, 8);
    put_be(b, (unsigned)(bits >> 32), 4);
    put_be(b, (unsigned)bits, 4);
}

static inline void put_text(struct body *b, const char *text)
{
    put_be(b, (unsigned)strlen(text), 2);
    put(b, text, strlen(text));
}

/* AMF by a format: s string, n number, b boolean, 0 null, u undefined, k a property's name, { } object,
 * e } ECMA array, a strict array (count), d date, L long string, x XML, U unsupported. */
static inline void vamf(struct body *b, const char *format, va_list list)
{
    for (; *format; format++) {
        switch (*format) {
        case 's': put_be(b, 2, 1); put_text(b, va_arg(list, const char *)); break;
        case 'n': put_be(b, 0, 1); put_double(b, va_arg(list, double)); break;
        case 'b': put_be(b, 1, 1); put_be(b, va_arg(list, int), 1); break;
        case '0': put_be(b, 5, 1); break;
        case 'u': put_be(b, 6, 1); break;
        case 'U': put_be(b, 13, 1); break;
        case 'k': put_text(b, va_arg(list, const char *)); break;
        case '{': put_be(b, 3, 1); break;
        case 'e': put_be(b, 8, 1); put_be(b, 0, 4); break;
        case '}': put_be(b, 9, 3); break;
        case 'a': put_be(b, 10, 1); put_be(b, va_arg(list, int), 4); break;
        case 'd': put_be(b, 11, 1); put_double(b, va_arg(list, double)); put_be(b, 0, 2); break;
        case 'L':
        case 'x': {
            const char *text = va_arg(list, const char *);
            put_be(b, *format == 'L' ? 12 : 15, 1);
            put_be(b, (unsigned)strlen(text), 4);
            put(b, text, strlen(text));
            break;
        }
        default: break;
        }
    }
}

static inline void amf(struct body *b, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    b->n = 0;
    vamf(b, format, list);
    va_end(list);
}

static inline void send_all(struct server *s, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n) {
        ssize_t sent = send(s->fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0) return;
        at += sent;
        n -= (size_t)sent;
    }
}

/* A message with a header of the given format; `stamp` is what stands in the header. */
static inline void server_send_as(struct server *s, int format, int channel, unsigned stamp, int type, int stream,
                                  const void *body, size_t n)
{
    struct body head = {.n = 0};
    unsigned char basic[3];
    size_t basic_len = 1, at = 0;
    int low = channel < 64 ? channel : channel < 320 ? 0 : 1;
    if (channel >= 64) {
        basic[1] = (unsigned char)(channel - 64);
        basic[2] = (unsigned char)((channel - 64) >> 8);
        basic_len = channel < 320 ? 2 : 3;
    }
    basic[0] = (unsigned char)(format << 6 | low);
    put(&head, basic, basic_len);
    if (format < 3) put_be(&head, stamp < 0xffffff ? stamp : 0xffffff, 3);
    if (format < 2) put_be(&head, (unsigned)n, 3), put_be(&head, type, 1);
    if (format < 1) for (int i = 0; i < 4; i++) put_be(&head, (unsigned)stream >> (8 * i), 1);
    if (stamp >= 0xffffff) put_be(&head, stamp, 4);
    for (;;) {
        size_t part = n - at < s->chunk ? n - at : s->chunk;
        send_all(s, head.bytes, head.n);
        send_all(s, (const char *)body + at, part);
        at += part;
        if (at >= n) return;
        head.n = 0;
        basic[0] = (unsigned char)(0xc0 | low);
        put(&head, basic, basic_len);
        if (stamp >= 0xffffff) put_be(&head, stamp, 4);
    }
}

static inline void server_send(struct server *s, int channel, unsigned stamp, int type, int stream, const void *body,
                               size_t n)
{
    server_send_as(s, 0, channel, stamp, type, stream, body, n);
}

static inline void server_invoke(struct server *s, const char *format, ...)
{
    struct body b = {.n = 0};
    va_list list;
    va_start(list, format);
    vamf(&b, format, list);
    va_end(list);
    server_send(s, 3, 0, 20, 0, b.bytes, b.n);
}

static inline void server_status(struct server *s, const char *level, const char *code)
{
    server_invoke(s, "sn0{ksksks}", "onStatus", 0.0, "level", level, "code", code, "description", "the words");
}

/* A user control event. */
static inline void server_control(struct server *s, int event, unsigned value, int bytes)
{
    struct body b = {.n = 0};
    put_be(&b, event, 2);
    put_be(&b, value, bytes);
    server_send(s, 2, 0, 4, 0, b.bytes, b.n);
}

/* A protocol message with a number. */
static inline void server_number(struct server *s, int type, unsigned value)
{
    struct body b = {.n = 0};
    put_be(&b, value, 4);
    if (type == 6) put_be(&b, 1, 1);
    server_send(s, 2, 0, type, 0, b.bytes, b.n);
}

/* Its half of a plain handshake, all at once. */
static inline void server_greet(struct server *s)
{
    unsigned char hello[1 + 2 * HANDSHAKE];
    for (size_t i = 0; i < sizeof hello; i++) hello[i] = (unsigned char)(i * 7);
    hello[0] = 3;
    memset(hello + 1, 0, 8);
    send_all(s, hello, sizeof hello);
}

static inline void server_on(struct server *s, int fd)
{
    int big = 4 << 20;
    memset(s, 0, sizeof *s);
    s->fd = fd;
    s->client = -1;
    s->chunk = s->client_chunk = 128;
    s->channels = calloc(CLIENT_CHANNELS, sizeof *s->channels);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
}

/* A listening socket on a port of the system's choice. */
static inline int listen_anywhere(struct sockaddr_in *at)
{
    socklen_t size = sizeof *at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), big = 4 << 20;
    memset(at, 0, sizeof *at);
    at->sin_family = AF_INET;
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
    if (listener < 0 || bind(listener, (void *)at, sizeof *at) || listen(listener, 8) ||
        getsockname(listener, (void *)at, &size))
        die("listen");
    return listener;
}

/* Two connected ends: the server's, and the client's, which is returned. */
static inline int server_pair(struct server *s)
{
    struct sockaddr_in at;
    struct timeval wait = {1, 0}; /* what has been said is there long before */
    int big = 4 << 20, on = 1, listener = listen_anywhere(&at), client = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(client, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (client < 0 || connect(client, (void *)&at, sizeof at)) die("connect");
    server_on(s, accept(listener, NULL, NULL));
    s->client = client;
    close(listener);
    return client;
}

/* Whether more of the client's may come: what it has sent and the kernel has not acknowledged; or its end, once its
 * descriptor is closed. Where that is not known, more may come for a moment. */
static inline int server_expects(struct server *s, int slices)
{
    int on_its_way = 0;
    if (s->client < 0) return slices < 20;
    return (ioctl(s->client, SIOCOUTQ, &on_its_way) || on_its_way) && slices < 600;
}

/* Takes what the client has sent so far; 0 when its side is closed. */
static inline int server_take(struct server *s)
{
    for (int slices = 0;; slices++) {
        int expects = server_expects(s, slices);
        struct pollfd ready = {s->fd, POLLIN, 0};
        if (poll(&ready, 1, expects ? 5 : 0) <= 0) {
            if (expects) continue;
            return 1;
        }
        if (s->in_cap - s->in_len < 65536) s->in = realloc(s->in, s->in_cap += 1 << 20);
        ssize_t n = recv(s->fd, s->in + s->in_len, s->in_cap - s->in_len, 0);
        if (n <= 0) return 0;
        s->in_len += (size_t)n;
    }
}

static inline unsigned be(const unsigned char *p, int n)
{
    unsigned value = 0;
    while (n-- > 0) value = value << 8 | *p++;
    return value;
}

static inline void show_bytes(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) say(p[i] >= 32 && p[i] < 127 && p[i] != '\\' ? "%c" : "\\%02x", p[i]);
}

static inline void show_hex(const unsigned char *p, size_t n)
{
    unsigned sum = 1;
    for (size_t i = 0; i < n; i++) {
        sum = sum * 31 + p[i];
        if (i < 64) say("%02x", p[i]);
    }
    if (n > 64) say("... sum %08x", sum);
}

/* One AMF0 value; how many bytes it took, or all that is left. */
static inline size_t show_amf(const unsigned char *p, size_t n)
{
    size_t at = 1, length;
    if (!n) return 0;
    switch (p[0]) {
    case 0: {
        unsigned long long bits = (unsigned long long)be(p + 1, 4) << 32 | be(p + 5, 4);
        double value;
        memcpy(&value, &bits, 8);
        say(" %g", value);
        return 9;
    }
    case 1: say(" %s", p[1] ? "true" : "false"); return 2;
    case 2:
        length = be(p + 1, 2);
        say(" \"");
        show_bytes(p + 3, length);
        say("\"");
        return 3 + length;
    case 12:
        length = be(p + 1, 4);
        say(" long \"");
        show_hex(p + 5, length);
        say("\"");
        return 5 + length;
    case 5: say(" null"); return 1;
    case 8:
    case 3:
        if (p[0] == 8) say(" [%u]", be(p + 1, 4)), at = 5;
        say(" {");
        while (at + 3 <= n && be(p + at, 3) != 9) {
            length = be(p + at, 2);
            say(" ");
            show_bytes(p + at + 2, length);
            say(":");
            at += 2 + length;
            at += show_amf(p + at, n - at);
        }
        say(" }");
        return at + 3;
    default: say(" raw "); show_hex(p, n); return n;
    }
}

static inline void show_message(struct server *s, unsigned number, struct channel *c)
{
    unsigned char *p = c->body;
    size_t at = 0;
    say("  > channel %u", number);
    if (!s->terse) say(" format %d stamp %u", c->format, c->stamp);
    say(" type %u stream %u, %u bytes:", c->type, c->stream, c->length);
    if (c->type == 1) s->client_chunk = be(p, 4);
    if (c->type == 3) {
        say(" a count"); /* it depends on how much a receive brings */
    } else if (c->type == 20 || c->type == 18) {
        while (at < c->length) at += show_amf(p + at, c->length - at);
    } else {
        say(" ");
        show_hex(p, c->length);
    }
    say("\n");
}

/* Prints the messages of the client that are complete. */
static inline void server_show(struct server *s)
{
    int open = server_take(s);
    unsigned char *p = s->in;
    size_t n = s->in_len, at = 0;
    if (!s->greeted && n >= 1 + 2 * HANDSHAKE) {
        int echoed = 1;
        for (size_t i = 0; i < HANDSHAKE; i++)
            echoed &= p[1 + HANDSHAKE + i] == (i < 8 ? 0 : (unsigned char)((i + 1) * 7));
        say("  > handshake %d version %u, %s\n", p[0], be(p + 5, 4), echoed ? "echoed" : "not echoed");
        at = 1 + 2 * HANDSHAKE;
        s->greeted = 1;
    }
    while (s->greeted && at < n) {
        static const size_t lengths[] = {11, 7, 3, 0};
        size_t start = at, fixed;
        unsigned format = p[at] >> 6, number = p[at] & 63, part;
        struct channel *c;
        at++;
        if (number == 0) number = 64 + p[at], at += 1;
        else if (number == 1) number = 64 + p[at] + 256 * p[at + 1], at += 2;
        c = &s->channels[number];
        fixed = lengths[format];
        if (at + fixed > n) { at = start; break; }
        if (!c->got) c->format = (int)format;
        if (fixed >= 3) c->stamp = be(p + at, 3), c->extended = c->stamp == 0xffffff;
        if (fixed >= 7) c->length = be(p + at + 3, 3), c->type = p[at + 6];
        if (fixed >= 11) c->stream = p[at + 7] | p[at + 8] << 8 | p[at + 9] << 16 | (unsigned)p[at + 10] << 24;
        at += fixed;
        if (c->extended) c->stamp = be(p + at, 4), at += 4;
        part = c->length - c->got < s->client_chunk ? c->length - c->got : s->client_chunk;
        if (at + part > n) { at = start; break; }
        if (!c->got) c->body = malloc(c->length + 1);
        memcpy(c->body + c->got, p + at, part);
        c->got += part;
        at += part;
        if (c->got == c->length) {
            show_message(s, number, c);
            free(c->body);
            c->got = 0;
        }
    }
    if (n > at) memmove(p, p + at, n - at);
    s->in_len = n - at;
    if (!open) say("  > closed%s\n", s->in_len ? ", in the middle of a message" : "");
}

static inline void server_end(struct server *s)
{
    if (s->fd >= 0) close(s->fd);
    for (int i = 0; i < CLIENT_CHANNELS; i++) if (s->channels[i].got) free(s->channels[i].body);
    free(s->channels);
    free(s->in);
    memset(s, 0, sizeof *s);
    s->fd = -1;
}

/* The answers that begin a play or a publish, as far as its status message. */
static inline void server_accept(struct server *s, double connect_txn, double create_txn)
{
    server_invoke(s, "sn{ks}{ksks}", "_result", connect_txn, "fmsVer", "FMS/3,5", "level", "status", "code",
                  "NetConnection.Connect.Success");
    server_invoke(s, "sn0n", "_result", create_txn, 1.0);
}

/* The public fields that a program may look at. */
static inline void show_fields(RTMP *r)
{
    say("  chunks %d/%d bwcheck %d in %d sent %d buffer %d stream %d channel %d stamp %u pause %u/%d\n",
        r->m_inChunkSize, r->m_outChunkSize, r->m_nBWCheckCounter, r->m_nBytesIn, r->m_nBytesInSent, r->m_nBufferMS,
        r->m_stream_id, r->m_mediaChannel, r->m_mediaStamp, r->m_pauseStamp, r->m_pausing);
    say("  bw %d/%d/%d playing %d encoding %d counter %d invokes %d duration %g connected %d timedout %d\n",
        r->m_nServerBW, r->m_nClientBW, r->m_nClientBW2, r->m_bPlaying, r->m_bSendEncoding, r->m_bSendCounter,
        r->m_numInvokes, r->m_fDuration, RTMP_IsConnected(r), RTMP_IsTimedout(r));
    say("  read: stamp %u type %d flags %d status %d resume %u ignored %u/%u\n", r->m_read.timestamp,
        r->m_read.dataType, r->m_read.flags, r->m_read.status, r->m_read.nResumeTS, r->m_read.nIgnoredFrameCounter,
        r->m_read.nIgnoredFlvFrameCounter);
    say("  calls %d:", r->m_numCalls);
    for (int i = 0; i < r->m_numCalls; i++)
        say(" %.*s/%d", r->m_methodCalls[i].name.av_len, r->m_methodCalls[i].name.av_val, r->m_methodCalls[i].num);
    say("\n");
}

static inline void log_info(int level, const char *format, va_list list)
{
    char text[4096];
    if (level != RTMP_LOGINFO) return;
    vsnprintf(text, sizeof text, format, list);
    say("  info: %s\n", text);
}

/* A session on a socket of the program's own. */
static inline void client_on(RTMP *r, char *url, int fd)
{
    RTMP_LogSetCallback(log_info);
    RTMP_LogSetLevel(RTMP_LOGINFO);
    RTMP_Init(r);
    if (!RTMP_SetupURL(r, url)) say("  SetupURL failed\n");
    r->m_sb.sb_socket = fd;
}

#endif
