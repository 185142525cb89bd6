/* A program that polls its descriptor, and reads once each time there is something to read, as curl does, gets all that the
 * server has sent: nothing complete is left with the library while nothing is there to wake the program. And once it has
 * been given all, nothing wakes it: its next read would wait. */
#include "ours.h"

#define SMALL 60
#define BODY 20000 /* more than the input buffer takes */

/* What comes last. A message of no media keeps whoever asks for more waiting. A short film comes whole with the first receive. */
enum end { CONTROL, LARGE, AGGREGATE, SHORT };

/* How a program reads, and whether it got the whole film. */
struct way {
    const char *name;
    int (*read_all)(int fd, enum end end);
};

static RTMP r;
static unsigned char body[BODY];

/* Two tags in one message. */
static void send_aggregate(struct server *s, unsigned stamp)
{
    static struct body tags;
    tags.n = 0;
    for (unsigned i = 0; i < 2; i++) put_tag(&tags, 8, stamp + i, body, 500);
    server_send(s, 5, stamp, 22, 1, tags.bytes, tags.n);
}

/* Small messages, one that is larger than all buffers, small ones again, and the end. */
static void send_film(struct server *s, enum end end)
{
    for (unsigned i = 0; i < SMALL; i++) server_send(s, 5, i * 10, i % 2 ? 9 : 8, 1, body, 100 + i);
    if (end == SHORT) return;
    server_send(s, 5, 700, 9, 1, body, BODY);
    for (unsigned i = 0; i < SMALL; i++) server_send(s, 5, 800 + i * 10, 8, 1, body, 400);
    if (end == CONTROL) server_send(s, 2, 0, 3, 0, body, 4);
    if (end == LARGE) server_send(s, 5, 2000, 9, 1, body, BODY);
    if (end == AGGREGATE) send_aggregate(s, 2000);
}

static size_t film_bytes(enum end end)
{
    size_t bytes = 13;
    for (size_t i = 0; i < SMALL; i++) bytes += 100 + i + 15;
    if (end == SHORT) return bytes;
    bytes += BODY + 15 + SMALL * (400 + 15);
    if (end == LARGE) bytes += BODY + 15;
    if (end == AGGREGATE) bytes += 2 * (500 + 15);
    return bytes;
}

/* Whether the descriptor is readable, or becomes so soon. */
static int wakes(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, 500) == 1;
}

/* Whether all has been given: of the descriptor's bytes none is left. */
static int is_quiet(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, 0) == 0;
}

static int reads_by(int size, int fd, enum end end)
{
    static char buf[65536];
    size_t got = 0;
    int n = 1;
    while (got < film_bytes(end) && n > 0 && wakes(fd)) {
        if ((n = RTMP_Read(&r, buf, size)) > 0) got += (size_t)n;
    }
    return got == film_bytes(end) && (end == CONTROL || is_quiet(fd));
}

static int reads(int fd, enum end end)
{
    return reads_by(65536, fd, end);
}

/* Most tags take two of these. */
static int reads_parts(int fd, enum end end)
{
    return reads_by(300, fd, end);
}

static int reads_packets(int fd, enum end end)
{
    RTMPPacket packet;
    int media = 0;
    memset(&packet, 0, sizeof packet);
    while (wakes(fd) && RTMP_ReadPacket(&r, &packet)) {
        if (!RTMPPacket_IsReady(&packet)) continue;
        media += packet.m_packetType != 3;
        RTMPPacket_Free(&packet);
    }
    int wanted = end == SHORT ? SMALL : 2 * SMALL + (end == CONTROL ? 1 : 2);
    return media == wanted && RTMP_IsConnected(&r) && !RTMP_IsTimedout(&r);
}

static int gets_media(int fd, enum end end)
{
    RTMPPacket packet;
    int media = 0, wanted = end == SHORT ? SMALL : end == CONTROL ? 2 * SMALL + 1 : 2 * SMALL + 2;
    memset(&packet, 0, sizeof packet);
    while (media < wanted && wakes(fd) && RTMP_GetNextMediaPacket(&r, &packet)) {
        media++;
        RTMPPacket_Free(&packet);
    }
    return media == wanted && (end == CONTROL || is_quiet(fd));
}

static const struct way ways[] = {
    {"RTMP_Read", reads}, {"RTMP_Read, tags in parts", reads_parts}, {"RTMP_ReadPacket", reads_packets},
    {"RTMP_GetNextMediaPacket", gets_media}};
static const char *const ends[] = {"a message of no media", "a large message", "an aggregate", "a small message"};

static void say_all(struct server *s, enum end end)
{
    server_greet(s);
    server_accept(s, 1, 2);
    server_status(s, "status", "NetStream.Play.Start");
    send_film(s, end);
}

/* All of the film has come before the first read, so only what the library leaves there can wake the program. */
static void on_own_socket(const struct way *way, enum end end)
{
    static char url[] = "rtmp://h/app/path";
    struct server s;
    int fd = server_pair(&s);
    client_on(&r, url, fd);
    say_all(&s, end);
    int begun = RTMP_Connect1(&r, NULL) && RTMP_ConnectStream(&r, 0);
    check(begun && way->read_all(fd, end), "a socket of the program's own, %s, %s last", way->name, ends[end]);
    RTMP_Close(&r);
    server_end(&s);
}

static void play_film(struct host *h, struct server *s)
{
    say_all(s, *(const enum end *)h->argument);
    take_rest(s);
}

static void on_asked_for_socket(const struct way *way, enum end end)
{
    static char url[64];
    struct host h;
    host_start(&h, play_film, &end, 0);
    client_for(&r, url, sizeof url, h.port, "", 0);
    /* The film has come with the start of the stream. */
    int begun = RTMP_Connect(&r, NULL) && RTMP_ConnectStream(&r, 0), fd = RTMP_Socket(&r);
    check(begun && way->read_all(fd, end), "the socket asked for, %s, %s last", way->name, ends[end]);
    RTMP_Close(&r);
    host_end(&h);
}

/* A film of one tag: its end has come with it. */
static void hears_the_end(void)
{
    static char url[] = "rtmp://h/app/path", flv[1000];
    struct server s;
    int fd = server_pair(&s), got = 0, n = 1;
    client_on(&r, url, fd);
    server_greet(&s);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    server_send(&s, 5, 0, 9, 1, body, 300);
    server_status(&s, "status", "NetStream.Play.Stop");
    int begun = RTMP_Connect1(&r, NULL) && RTMP_ConnectStream(&r, 0);
    while (n > 0 && wakes(fd))
        if ((n = RTMP_Read(&r, flv, 100)) > 0) got += n;
    check(begun && got == 13 + 315 && !n && r.m_read.status == RTMP_READ_COMPLETE, "the end of a film that came whole wakes");
    RTMP_Close(&r);
    server_end(&s);
}

/* What a publisher hears while it writes is not left there either. */
static void publishes(void)
{
    static char url[] = "rtmp://h/app/path";
    struct server s;
    int fd = server_pair(&s), on = 1;
    setsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    client_on(&r, url, fd);
    RTMP_EnableWrite(&r);
    server_greet(&s);
    server_accept(&s, 1, 4);
    server_status(&s, "status", "NetStream.Publish.Start");
    int good = RTMP_Connect1(&r, NULL) && RTMP_ConnectStream(&r, 0);
    for (int i = 0; i < 3; i++) {
        server_control(&s, 6, 4711, 4);
        for (int there = 0, ms = 0; there < 12 + 6 && ms < 5000; ms++) {
            pause_ms(1);
            if (ioctl(fd, FIONREAD, &there)) die("FIONREAD");
        }
        pause_ms(30); /* it listens every 10 ms */
        good &= write_tag(&r, 9, 0, body, 500) > 0 && is_quiet(fd) && !RTMP_IsTimedout(&r);
    }
    check(good, "a publisher that has heard all: quiet, and nothing timed out");
    RTMP_Close(&r);
    server_end(&s);
}

int main(void)
{
    publishes();
    hears_the_end();
    for (enum end end = CONTROL; end <= SHORT; end++) {
        for (const struct way *way = ways; way < ways + sizeof ways / sizeof *ways; way++) {
            on_own_socket(way, end);
            on_asked_for_socket(way, end);
        }
    }
    return 0;
}
