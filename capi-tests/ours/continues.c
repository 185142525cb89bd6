/* A receive that brings less than was asked for loses nothing: the next call goes on in mid-header and in mid-body. And
 * a structure may be moved, with what it has buffered. */
#include "ours.h"

static RTMP r, moved;
static struct server s;
static unsigned char body[3000];

static void begin(const char *where)
{
    static char url[128];
    snprintf(url, sizeof url, "%s", where);
    client_on(&r, url, server_pair(&s));
    int on = 1;
    setsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* what is sent is there at once */
    server_greet(&s);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    if (!RTMP_Connect1(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("FAIL no session\n");
}

/* Sends to a client that has read all that came before, and waits until it can read this: on a busy machine that may take
 * a moment. */
static void deliver(RTMP *handle, const void *bytes, size_t n)
{
    int there = 0;
    send_all(&s, bytes, n);
    for (int i = 0; there < (int)n && i < 5000; i++) {
        if (ioctl(RTMP_Socket(handle), FIONREAD, &there)) die("FIONREAD");
        if (there < (int)n) pause_ms(1);
    }
    if (there != (int)n) say("FAIL %d of %zu bytes arrived\n", there, n);
}

static void end(RTMP *handle)
{
    RTMP_Close(handle);
    server_end(&s);
}

/* The bytes of some messages, as the server would have sent them. */
static struct body wire;
static void gather(void)
{
    struct server copy = s;
    int ends[2];
    ssize_t n;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) die("socketpair");
    copy.fd = ends[0];
    server_send(&copy, 5, 1000, 9, 1, body, 300);
    server_send(&copy, 400, 0x1000000, 9, 1, body, 1000);
    server_send_as(&copy, 1, 5, 40, 8, 1, body, 200);
    server_send_as(&copy, 2, 5, 40, 8, 1, body, 200);
    server_send_as(&copy, 3, 5, 0, 8, 1, body, 200);
    close(ends[0]);
    wire.n = 0;
    while ((n = read(ends[1], wire.bytes + wire.n, sizeof wire.bytes - wire.n)) > 0) wire.n += (size_t)n;
    close(ends[1]);
}

static unsigned sum_of(const void *bytes, size_t n)
{
    unsigned sum = 1;
    for (size_t i = 0; i < n; i++) sum = sum * 31 + ((const unsigned char *)bytes)[i];
    return sum;
}

/* What RTMP_ReadPacket gives for those bytes when they come `step` at a time, as one number; and what was wrong. */
static unsigned packets(RTMP *handle, size_t step, int *wrong)
{
    unsigned sum = 1;
    int complete = 0;
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    for (size_t at = 0; at < wire.n; at += step) {
        size_t n = wire.n - at < step ? wire.n - at : step;
        deliver(handle, wire.bytes + at, n);
        while (RTMP_ReadPacket(handle, &packet)) {
            *wrong |= handle->m_sb.sb_timedout;
            if (!RTMPPacket_IsReady(&packet)) {
                *wrong |= packet.m_body != NULL;
                continue;
            }
            sum = sum * 31 + packet.m_nTimeStamp;
            sum = sum * 31 + (unsigned)packet.m_nChannel;
            sum = sum * 31 + sum_of(packet.m_body, packet.m_nBodySize);
            RTMPPacket_Free(&packet);
            complete++;
        }
        *wrong |= !handle->m_sb.sb_timedout || !RTMP_IsTimedout(handle) || !RTMP_IsConnected(handle);
    }
    *wrong |= complete != 5;
    return sum;
}

static void by_packets(void)
{
    static const size_t steps[] = {100000, 1000, 129, 64, 13, 7, 3, 1};
    unsigned whole = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int wrong = 0;
        begin("rtmp://h/app/path");
        gather();
        fcntl(RTMP_Socket(&r), F_SETFL, O_NONBLOCK);
        unsigned sum = packets(&r, steps[i], &wrong);
        if (!i) whole = sum;
        check(!wrong && sum == whole, "RTMP_ReadPacket, %zu bytes at a time", steps[i]);
        end(&r);
    }
}

static size_t read_flv(RTMP *handle, char *to, size_t size, size_t step, int *wrong)
{
    size_t total = 0;
    int n;
    for (size_t at = 0; at < wire.n; at += step) {
        deliver(handle, wire.bytes + at, wire.n - at < step ? wire.n - at : step);
        while ((n = RTMP_Read(handle, to + total, (int)(size - total))) > 0) total += (size_t)n;
        *wrong |= !RTMP_IsTimedout(handle) || !RTMP_IsConnected(handle);
    }
    return total;
}

static void by_read(void)
{
    static const size_t steps[] = {100000, 129, 13, 1};
    static char first[20000], again[20000];
    size_t length = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int wrong = 0;
        begin("rtmp://h/app/path");
        gather();
        fcntl(RTMP_Socket(&r), F_SETFL, O_NONBLOCK);
        size_t got = read_flv(&r, i ? again : first, sizeof first, steps[i], &wrong);
        if (!i) length = got;
        if (!check(!wrong && got == length && length > 1900 && (!i || !memcmp(first, again, got)),
                   "RTMP_Read, %zu bytes at a time", steps[i]))
            say("%zu of %zu, %d\n", got, length, wrong);
        end(&r);
    }
}

static void time_out_in_the_middle(size_t cut, const char *where)
{
    struct timeval wait = {0, 100000};
    RTMPPacket packet;
    int got;
    memset(&packet, 0, sizeof packet);
    begin("rtmp://h/app/path");
    gather();
    setsockopt(RTMP_Socket(&r), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    deliver(&r, wire.bytes, cut);
    while ((got = RTMP_ReadPacket(&r, &packet)) && !RTMPPacket_IsReady(&packet)) {}
    check(!got && r.m_sb.sb_timedout && RTMP_IsConnected(&r), "%s: timed out, still connected", where);
    deliver(&r, wire.bytes + cut, wire.n - cut);
    while ((got = RTMP_ReadPacket(&r, &packet)) && !RTMPPacket_IsReady(&packet)) {}
    check(got && packet.m_nBodySize == 300 && !memcmp(packet.m_body, body, 300) && packet.m_nTimeStamp == 1000,
          "%s: the message is whole", where);
    RTMPPacket_Free(&packet);
    end(&r);
}

/* RTMP_Read gives nothing before it knows what the film has: audio, video or both. */
static void time_outs_before_the_first_tag(void)
{
    static char flv[2000];
    int early = 0, total = 0, n;
    begin("rtmp://h/app/path");
    fcntl(RTMP_Socket(&r), F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 3; i++) {
        server_send(&s, 5, 0, i ? 8 : 9, 1, body, 100);
        pause_ms(20);
        if (i < 1) early = RTMP_Read(&r, flv, sizeof flv);
    }
    check(!early && RTMP_IsTimedout(&r) && RTMP_IsConnected(&r), "no file header after the first video alone");
    while ((n = RTMP_Read(&r, flv + total, (int)sizeof flv - total)) > 0) total += n;
    check(total == 13 + 3 * 115 && flv[4] == 5 && flv[13] == 9 && flv[13 + 115] == 8, "and that video is not lost");
    end(&r);
}

/* What follows an abort, without a header of its own, is a message from its beginning. */
static void aborted(void)
{
    static const char header[12] = {5, 0, 0, 40, 0, 1, 44, 9, 1}, abort[16] = {2, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 5};
    unsigned char next[300];
    RTMPPacket packet;
    int got;
    memset(&packet, 0, sizeof packet);
    memset(next, 'n', sizeof next);
    begin("rtmp://h/app/path");
    send_all(&s, header, sizeof header);
    send_all(&s, body, 128);
    send_all(&s, abort, sizeof abort);
    server_send_as(&s, 3, 5, 0, 9, 1, next, sizeof next);
    while ((got = RTMP_ReadPacket(&r, &packet)) && (!RTMPPacket_IsReady(&packet) || packet.m_packetType != 9)) {
        if (RTMPPacket_IsReady(&packet)) RTMPPacket_Free(&packet);
    }
    check(got && packet.m_nBodySize == sizeof next && !memcmp(packet.m_body, next, sizeof next),
          "of an aborted message nothing gets into the next");
    RTMPPacket_Free(&packet);
    end(&r);
}

/* Moves the session to another structure, between two reads of what was sent at once. */
static void move(void)
{
    RTMPPacket packet;
    int messages = 0, wrong = 0;
    memset(&packet, 0, sizeof packet);
    begin("rtmp://h/app/path");
    gather();
    fcntl(RTMP_Socket(&r), F_SETFL, O_NONBLOCK);
    deliver(&r, wire.bytes, wire.n);
    RTMP *from = &r, *to = &moved;
    int buffered = 0;
    while (RTMP_ReadPacket(from, &packet)) {
        buffered += from->m_sb.sb_size > 0;
        memcpy(to, from, sizeof *to);
        memset(from, 0xdd, sizeof *from);
        RTMP *other = from;
        from = to, to = other;
        if (!RTMPPacket_IsReady(&packet)) continue;
        wrong |= memcmp(packet.m_body, body, packet.m_nBodySize) != 0;
        RTMPPacket_Free(&packet);
        messages++;
    }
    check(messages == 5 && !wrong && buffered, "a moved structure reads on, from its buffer too");
    end(from);
}

/* select() before a read is right only when sb_size tells all that is buffered. */
static void size_is_true(void)
{
    RTMPPacket packet;
    int hidden = 0, waiting = 0, seen = 0;
    memset(&packet, 0, sizeof packet);
    begin("rtmp://h/app/path");
    gather();
    fcntl(RTMP_Socket(&r), F_SETFL, O_NONBLOCK);
    deliver(&r, wire.bytes, wire.n);
    for (int i = 0; i < 100; i++) {
        struct pollfd ready = {RTMP_Socket(&r), POLLIN, 0};
        waiting = poll(&ready, 1, 0) == 1;
        seen |= r.m_sb.sb_size > 0;
        int had = r.m_sb.sb_size > 0 || waiting;
        if (!RTMP_ReadPacket(&r, &packet)) break;
        hidden |= !had;
        if (RTMPPacket_IsReady(&packet)) RTMPPacket_Free(&packet);
    }
    check(seen && !hidden && r.m_sb.sb_size == 0 && !waiting, "sb_size is what is buffered, and nothing else is");

    deliver(&r, wire.bytes, 8);
    check(!RTMP_ReadPacket(&r, &packet) && r.m_sb.sb_timedout, "part of a header is no packet");
    deliver(&r, wire.bytes + 8, wire.n - 8);
    int got;
    while ((got = RTMP_ReadPacket(&r, &packet)) && !RTMPPacket_IsReady(&packet)) {}
    check(got && packet.m_nBodySize == 300, "and is kept");
    RTMPPacket_Free(&packet);
    end(&r);
}

int main(void)
{
    for (size_t i = 0; i < sizeof body; i++) body[i] = (unsigned char)(i * 11 >> 2);
    by_packets();
    by_read();
    time_out_in_the_middle(1, "within the basic header");
    time_out_in_the_middle(6, "within the header");
    time_out_in_the_middle(12, "before the body");
    time_out_in_the_middle(100, "within a chunk");
    time_out_in_the_middle(140, "between two chunks");
    time_out_in_the_middle(141, "behind a chunk's header");
    time_outs_before_the_first_tag();
    aborted();
    move();
    size_is_true();
    return 0;
}
