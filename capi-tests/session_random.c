/* Sessions made up of random calls, and of random messages between them: whatever came before, both libraries send and
 * return the same, and leave the same in the structure. What is drawn keeps clear of the deliberate differences, which the
 * other programs show: nothing times out or ends early, and each stream begins with sound and picture. */
#include "rtmp_server.h"

#define SESSIONS 60
#define STEPS 40
#define LAST "the last." /* what the body of the last message of a batch says */

enum kind { PACKETS, MEDIA, FLV, PUBLISH, KINDS };

static RTMP r;
static struct server s;
static char bytes[8000];
static enum kind kind;
static unsigned now;      /* the time of the server's last media message */
static int waiting;       /* messages that the client has not read */
static int begun[3];      /* whether the client has sent on its own channels */
static unsigned long long state;

static unsigned below(unsigned n)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (unsigned)(state >> 24) % n;
}

static void tell(int channel, int type, int stream, const void *body, size_t n)
{
    waiting++;
    say("  < channel %d time %u type %d, %zu bytes\n", channel, type == 4 || type == 20 ? 0 : now, type, n);
    server_send(&s, channel, type == 4 || type == 20 ? 0 : now, type, stream, body, n);
}

static void command(const char *format, ...)
{
    struct body b = {.n = 0};
    va_list list;
    va_start(list, format);
    vamf(&b, format, list);
    va_end(list);
    tell(3, 20, 0, b.bytes, b.n);
}

static void status(const char *code)
{
    say("  < %s\n", code);
    command("sn0{ksks}", "onStatus", 0.0, "level", "status", "code", code);
}

static void metadata(struct body *b)
{
    switch (below(4)) {
    case 0: amf(b, "seknkn}", "onMetaData", "duration", below(99) / 4.0, "videocodecid", 7.0); break;
    case 1: amf(b, "s{k{kn}ks}", "onMetaData", "inner", "duration", below(99) / 4.0, "audiox", "y"); break;
    case 2: amf(b, "sn", "onCuePoint", 1.0); break;
    default: amf(b, "ss{kn}", "@setDataFrame", "onMetaData", "duration", 1.0); break;
    }
}

static void aggregate(struct body *all)
{
    struct body b;
    all->n = 0;
    for (unsigned left = 1 + below(3), time = now; left; left--, time += below(40)) {
        int type = below(4) ? 8 + (int)below(2) : 18;
        amf(&b, "sn", "a tag", (double)time);
        if (type == 18) metadata(&b);
        put_be(all, type, 1), put_be(all, (unsigned)b.n, 3), put_be(all, time & 0xffffff, 3), put_be(all, time >> 24, 1);
        put_be(all, 0, 3), put(all, b.bytes, b.n), put_be(all, (unsigned)b.n + 11, 4);
    }
}

static void server_media(void)
{
    struct body b;
    int channel = below(8) ? 4 + (int)below(4) : 60 + (int)below(300), what = (int)below(10);
    now += below(20) ? below(60) : 0xffffff;
    if (what < 8) tell(channel, 8 + what % 2, 1, bytes + below(4000), below(8) ? below(400) : below(4000));
    else if (what == 8) metadata(&b), tell(channel, 18, 1, b.bytes, b.n);
    else aggregate(&b), tell(channel, 22, 1, b.bytes, b.n), now += 120;
}

static void server_event(void)
{
    static const int events[] = {0, 1, 1, 2, 4, 6, 7, 31, 31, 31, 32, 33, 99};
    struct body b = {.n = 0};
    int event = events[below(sizeof events / sizeof *events)];
    say("  < event %d\n", event);
    put_be(&b, event, 2), put_be(&b, below(9), 4);
    tell(2, 4, 0, b.bytes, b.n);
}

static void server_number_or_other(void)
{
    static const int types[] = {1, 1, 3, 5, 6, 7, 15, 16, 19, 23};
    struct body b = {.n = 0};
    int type = types[below(sizeof types / sizeof *types)];
    unsigned value = 100000 + below(900000);
    if (type == 1) value = 1 + below(900);
    put_be(&b, value, 4);
    if (type == 6) put_be(&b, below(3), 1);
    tell(type < 7 ? 2 : 4 + (int)below(4), type, 0, b.bytes, b.n);
    if (type == 1) s.chunk = value;
}

static void server_command(void)
{
    static const char *const codes[] = {"NetStream.Play.Start", "NetStream.Seek.Notify", "NetStream.Pause.Notify",
                                        "NetStream.Play.Reset", "NetStream.Unpause.Notify", "NetStream.Publish.Start"};
    static const char *const calls[] = {"onBWDone", "_onbwdone", "ping", "playlist_ready", "unknown"};
    unsigned which = below(1000);
    RTMP_METHOD *call = r.m_numCalls ? &r.m_methodCalls[which % (unsigned)r.m_numCalls] : NULL;
    switch (below(3)) {
    case 0: status(codes[which % 6]); break;
    case 1: command(which % 7 ? "sn0" : "sn", calls[which % 5], (double)(which % 50)); break;
    default: command("sn0n", "_result", call ? (double)call->num : 777.0, 1.0); break;
    }
}

static void read_packets(void)
{
    RTMPPacket p;
    memset(&p, 0, sizeof p);
    for (; waiting; waiting--) {
        int got;
        do got = RTMP_ReadPacket(&r, &p); while (got && !RTMPPacket_IsReady(&p));
        say("  read %d type %d channel %d stamp %u stream %d ", got, p.m_packetType, p.m_nChannel, p.m_nTimeStamp,
            p.m_nInfoField2);
        if (!got) return;
        show_hex((unsigned char *)p.m_body, p.m_nBodySize);
        say(" channel time %d\n", r.m_channelTimestamp[p.m_nChannel]);
        say("  handled %d\n", RTMP_ClientPacket(&r, &p));
        RTMPPacket_Free(&p);
        memset(&p, 0, sizeof p);
    }
}

static void read_media(void)
{
    for (int last = 0; !last;) {
        RTMPPacket p;
        memset(&p, 0, sizeof p);
        int got = RTMP_GetNextMediaPacket(&r, &p);
        say("  media %d type %d channel %d stamp %u ", got, p.m_packetType, p.m_nChannel, p.m_nTimeStamp);
        if (got != 1) return;
        show_hex((unsigned char *)p.m_body, p.m_nBodySize);
        say("\n");
        last = p.m_nBodySize == sizeof LAST && !memcmp(p.m_body, LAST, sizeof LAST);
        RTMPPacket_Free(&p);
    }
}

/* Byte by byte or tag by tag: the reference waits for more where the rest of a tag does not fill the memory. */
static void read_flv(void)
{
    static unsigned char all[1 << 20];
    int size = below(4) ? 1 << 16 : 1, n;
    size_t total = 0, end = sizeof LAST + 4;
    do {
        n = RTMP_Read(&r, (char *)all + total, size);
        if (n > 0) total += (size_t)n;
    } while (n > 0 && !(total > end && !memcmp(all + total - end, LAST, sizeof LAST)));
    say("  read by %d: %d, %zu bytes ", size, n > 0, total);
    show_hex(all, total);
    say("\n");
}

/* Lets the client take all that the server has sent; where it asks for media, some comes last. */
static void take_all(void)
{
    if (kind == FLV && r.m_read.flags & RTMP_READ_SEEKING) status("NetStream.Seek.Notify");
    if (kind == MEDIA || kind == FLV) now += 200, tell(5, 9, 1, LAST, sizeof LAST);
    if (kind == MEDIA) read_media();
    else if (kind == FLV) read_flv();
    else read_packets();
    waiting = 0;
    server_show(&s);
}

static void send_packet(void)
{
    static unsigned time;
    RTMPPacket p;
    unsigned which = below(3);
    memset(&p, 0, sizeof p);
    RTMPPacket_Alloc(&p, p.m_nBodySize = below(700));
    memcpy(p.m_body, bytes + below(4000), p.m_nBodySize);
    p.m_nChannel = 10 + (int)which * 200;
    p.m_headerType = begun[which] ? (uint8_t)below(2) : RTMP_PACKET_SIZE_LARGE;
    p.m_packetType = (uint8_t)(8 + below(2));
    p.m_nTimeStamp = time += 1 + below(50);
    p.m_nInfoField2 = r.m_stream_id;
    begun[which] = 1;
    say("  send %d\n", RTMP_SendPacket(&r, &p, 0));
    RTMPPacket_Free(&p);
}

static void write_tags(void)
{
    struct body b = {.n = 0};
    static unsigned time;
    for (unsigned left = 1 + below(4); left; left--, time += 1 + below(90)) {
        unsigned n = 12 + below(600);
        put_be(&b, 8 + (int)below(2), 1), put_be(&b, n, 3), put_be(&b, time & 0xffffff, 3), put_be(&b, time >> 24, 1);
        put_be(&b, 0, 3), put(&b, bytes + below(4000), n), put_be(&b, n + 11, 4);
    }
    say("  write %d of %zu\n", RTMP_Write(&r, (char *)b.bytes, (int)b.n), b.n);
}

static void call(void)
{
    unsigned value = below(90000);
    switch (below(11)) {
    case 0: say("  createStream %d\n", RTMP_SendCreateStream(&r)); break;
    case 1: say("  seek %d\n", RTMP_SendSeek(&r, (int)value)); break;
    case 2: say("  pause %d\n", RTMP_SendPause(&r, value % 2, (int)value)); break;
    case 3: say("  pause here %d\n", RTMP_Pause(&r, value % 2)); break;
    case 4: say("  bandwidth %d %d\n", RTMP_SendServerBW(&r), RTMP_SendClientBW(&r)); break;
    case 5: say("  event %d\n", RTMP_SendCtrl(&r, (short)(value % 9), value, value)); break;
    case 6: RTMP_SetBufferMS(&r, (int)value), RTMP_UpdateBufferMS(&r), say("  buffer\n"); break;
    case 7:
        if (r.m_numCalls) RTMP_DropRequest(&r, (int)(value % (unsigned)r.m_numCalls), 1);
        say("  drop\n");
        break;
    case 8: r.Link.lFlags ^= RTMP_LF_BUFX, say("  stops at an empty buffer %d\n", !!(r.Link.lFlags & RTMP_LF_BUFX)); break;
    case 9: r.m_pausing = (int)(value % 4), say("  pausing %d\n", r.m_pausing); break;
    default: if (kind != PUBLISH) RTMP_DeleteStream(&r), r.m_stream_id = 1, say("  delete\n"); break;
    }
}

static void begin(void)
{
    static char url[64];
    struct timeval wait = {5, 0};
    snprintf(url, sizeof url, "rtmp://h/app/path%s", below(2) ? " live=1" : below(2) ? " playlist=1" : " start=1500");
    kind = (enum kind)below(KINDS);
    say("%s, kind %d\n", url, kind);
    int fd = server_pair(&s), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    client_on(&r, url, fd);
    if (kind == PUBLISH) RTMP_EnableWrite(&r), r.m_outChunkSize = 256, s.client_chunk = 256;
    s.terse = 1;
    now = below(2000);
    server_greet(&s);
    server_accept(&s, 1, kind == PUBLISH ? 4 : 2);
    server_status(&s, "status", kind == PUBLISH ? "NetStream.Publish.Start" : "NetStream.Play.Start");
    say("  connect %d", RTMP_Connect1(&r, NULL));
    say(" stream %d\n", RTMP_ConnectStream(&r, 0));
    waiting = 0;
    memset(begun, 0, sizeof begun);
    server_event(); /* a publisher that has read a packet itself is asked for the others, too */
    for (int i = 0; i < 4; i++) now++, tell(6, 8 + i % 2, 1, bytes, 20);
    take_all();
    show_fields(&r);
}

static void step(void)
{
    unsigned what = below(100);
    if (what < 30) server_media();
    else if (what < 40) server_event();
    else if (what < 45) server_number_or_other();
    else if (what < 55) server_command();
    else if (what < 75 || (kind == PUBLISH && what < 85)) take_all(), show_fields(&r);
    else if (what < 85) send_packet();
    else call();
    if (kind == PUBLISH && what % 4 == 0) write_tags();
}

int main(void)
{
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 13 >> 3 & 0x7f); /* no Enhanced RTMP */
    for (unsigned seed = 1; seed <= SESSIONS; seed++) {
        state = seed * 0x9e3779b97f4a7c15u;
        say("session %u: ", seed);
        begin();
        for (int i = 0; i < STEPS; i++) step();
        take_all();
        show_fields(&r);
        shutdown(s.fd, SHUT_WR); /* a publisher's close waits for that */
        RTMP_Close(&r);
        server_show(&s);
        show_fields(&r);
        server_end(&s);
    }
    return 0;
}
