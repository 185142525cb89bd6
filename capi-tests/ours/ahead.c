/* A server that is faster than its client: what arrives at once fills more memory than sb_buf, and goes back there before
 * the client waits. No byte is lost or changed on the way, though the structure moves while the client plays, and what is
 * buffered when a session is closed is not seen by the next. */
#include "ours.h"

#define MESSAGES 700
#define LONGEST 60000

static unsigned char expected[LONGEST];
static RTMP homes[2];

/* The body of a message, and its length. */
static size_t body_of(unsigned number, unsigned char *body)
{
    size_t n = 20 + number * 7919 % (LONGEST - 20);
    for (size_t i = 0; i < n; i++) body[i] = (unsigned char)(number + i * 13 + (i >> 8));
    body[0] = 0x27;
    return n;
}

static void script(struct host *h, struct server *s)
{
    accept_stream(s, "play");
    server_number(s, 1, 4096);
    s->chunk = 4096;
    for (unsigned number = 0; number < MESSAGES; number++) {
        unsigned char body[LONGEST];
        size_t n = body_of(number, body);
        server_send(s, 6, number + 1, 9, 1, body, n);
        if (number % 100 == 99) pause_ms(30);
    }
    server_status(s, "status", "NetStream.Play.Complete");
    take_rest(s);
    (void)h;
}

static struct host host;
static char url[128];

static int begin(RTMP *r)
{
    host_start(&host, script, NULL, 0);
    client_for(r, url, sizeof url, host.port, "timeout=10", 0);
    return RTMP_Connect(r, NULL) && RTMP_ConnectStream(r, 0);
}

/* What the public fields say of the buffer: 0 in sb_buf, 1 elsewhere, -1 when they contradict themselves. */
static int buffered_where(const RTMP *r)
{
    const char *start = r->m_sb.sb_start, *own = r->m_sb.sb_buf;
    if (r->m_sb.sb_size < 0) return -1;
    if (start < own || start > own + RTMP_BUFFER_CACHE_SIZE) return 1;
    return start + r->m_sb.sb_size <= own + RTMP_BUFFER_CACHE_SIZE ? 0 : -1;
}

struct seen {
    unsigned messages, wrong, elsewhere, at_home, contradictions;
};

static void look(const RTMP *r, struct seen *seen)
{
    int where = buffered_where(r);
    seen->elsewhere += where == 1;
    seen->at_home += where == 0;
    seen->contradictions += where < 0;
}

static void judge(const char *name, const struct seen *seen)
{
    if (!check(seen->messages == MESSAGES && !seen->wrong && !seen->contradictions && seen->elsewhere && seen->at_home,
               "%s: every byte, and both memories were used", name))
        say("messages %u wrong %u elsewhere %u at home %u contradictions %u\n", seen->messages, seen->wrong,
            seen->elsewhere, seen->at_home, seen->contradictions);
}

/* With RTMP_ReadPacket; at times the structure moves, and its old place is overwritten. */
static void by_packets(void)
{
    struct seen seen = {0};
    RTMP *r = &homes[0];
    RTMPPacket p = {0};
    begin(r);
    while (seen.messages < MESSAGES && RTMP_ReadPacket(r, &p)) {
        look(r, &seen);
        if (!RTMPPacket_IsReady(&p)) continue;
        RTMP_ClientPacket(r, &p);
        if (p.m_packetType == 9) {
            size_t n = body_of(seen.messages++, expected);
            seen.wrong += p.m_nBodySize != n || memcmp(p.m_body, expected, n) != 0;
            if (seen.messages % 30 == 0) pause_ms(5);
            if (seen.messages % 7 == 0) {
                RTMP *other = r == &homes[0] ? &homes[1] : &homes[0];
                memcpy(other, r, sizeof *r);
                memset(r, 0xee, sizeof *r);
                r = other;
            }
        }
        RTMPPacket_Free(&p);
    }
    judge("RTMP_ReadPacket, and the structure moves", &seen);
    RTMP_Close(r);
    host_end(&host);
}

/* With RTMP_Read, whose every tag is as long as its header says. */
static void by_bytes(void)
{
    static unsigned char tag[LONGEST + 100];
    struct seen seen = {0};
    RTMP *r = &homes[0];
    begin(r);
    int n = RTMP_Read(r, (char *)tag, 13);
    seen.wrong += n != 13;
    while ((n = RTMP_Read(r, (char *)tag, sizeof tag)) > 0) {
        size_t length = body_of(seen.messages++, expected);
        seen.wrong += n != (int)(11 + length + 4) || tag[0] != 9 || memcmp(tag + 11, expected, length) != 0;
        if (seen.messages % 30 == 0) pause_ms(5);
        look(r, &seen);
    }
    judge("RTMP_Read", &seen);
    RTMP_Close(r);
    host_end(&host);
}

/* Closed while much is buffered elsewhere; the next session on the handle begins with its own bytes. */
static void closed_halfway(void)
{
    RTMP *r = &homes[0];
    char bytes[1000];
    int good = begin(r);
    for (int turn = 0; turn < 2000 && buffered_where(r) == 0; turn++) {
        if (RTMP_Read(r, bytes, sizeof bytes) <= 0) break;
        if (turn % 300 == 0) pause_ms(20);
    }
    good &= buffered_where(r) == 1;
    RTMP_Close(r);
    check(good && r->m_sb.sb_size == 0, "closed while bytes are buffered elsewhere: nothing is buffered then");
    host_end(&host);
}

int main(void)
{
    by_packets();
    by_bytes();
    closed_halfway();
    by_bytes();
    return 0;
}
