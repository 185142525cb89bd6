/* A publisher hears the server while it writes: pings are answered, chunk size and windows taken in, and a refusal or a
 * close ends the next call with the server's words. */
#include "ours.h"

struct ending {
    const char *name, *words;
    int packets; /* RTMP_SendPacket, else RTMP_Write */
    void (*end)(struct server *);
};

static volatile int ponged;

static void bad_name(struct server *s)
{
    server_invoke(s, "sn0{ksksks}", "onStatus", 0.0, "level", "error", "code", "NetStream.Publish.BadName",
                  "description", "Somebody else publishes that.");
}

static void bad_name_in_array(struct server *s)
{
    server_invoke(s, "sn0eksksks}", "onStatus", 0.0, "level", "error", "code", "NetStream.Publish.BadName",
                  "description", "Somebody else publishes that.");
}

static void says_close(struct server *s)
{
    server_invoke(s, "sn0", "close", 0.0);
}

static void hangs_up(struct server *s)
{
    shutdown(s->fd, SHUT_WR);
}

static void script(struct host *h, struct server *s)
{
    const struct ending *ending = h->argument;
    struct message m;
    accept_stream(s, "publish");
    server_number(s, 1, 512);
    s->chunk = 512;
    server_control(s, 6, 4711, 4);
    server_number(s, 5, 123456);
    server_number(s, 6, 654321);
    while (take_message(s, &m)) {
        if (m.type == 4 && m.n == 6 && be(m.body, 2) == 7 && be(m.body + 2, 4) == 4711) {
            ponged = 1;
            ending->end(s);
        }
        free(m.body);
    }
}

static int publish_some(RTMP *r, int packets, unsigned stamp)
{
    static char media[3000];
    if (!packets) return write_tag(r, 9, stamp, media, sizeof media) > 0;
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    RTMPPacket_Alloc(&packet, sizeof media);
    packet.m_nChannel = 4;
    packet.m_headerType = RTMP_PACKET_SIZE_MEDIUM;
    packet.m_packetType = RTMP_PACKET_TYPE_VIDEO;
    packet.m_nTimeStamp = stamp;
    packet.m_nInfoField2 = r->m_stream_id;
    packet.m_nBodySize = sizeof media;
    int sent = RTMP_SendPacket(r, &packet, 0);
    RTMPPacket_Free(&packet);
    return sent;
}

static void publish(const struct ending *ending)
{
    static RTMP r;
    static char url[128];
    struct host h;
    unsigned stamp = 0;
    ponged = 0;
    log_forget();
    host_start(&h, script, ending, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=20", 1);
    check(RTMP_Connect(&r, NULL) && RTMP_ConnectStream(&r, 0), "%s: publishes", ending->name);
    double began = now();
    int still = 1;
    while (still && now() - began < 10) {
        still = publish_some(&r, ending->packets, stamp += 10);
        pause_ms(5);
    }
    check(ponged, "%s: the ping was answered", ending->name);
    check(r.m_inChunkSize == 512, "%s: the chunk size was taken in", ending->name);
    check(r.m_nServerBW == 123456 && r.m_nClientBW == 654321, "%s: the windows were taken in", ending->name);
    check(!still, "%s: the call ended", ending->name);
    check(!RTMP_IsConnected(&r) && !RTMP_IsTimedout(&r), "%s: the session is closed", ending->name);
    if (!check(log_has(ending->words), "%s: the log says why", ending->name)) say("%s", log_text);
    check(!publish_some(&r, ending->packets, stamp), "%s: and nothing is written any more", ending->name);
    RTMP_Close(&r);
    host_end(&h);
}

int main(void)
{
    static const struct ending endings[] = {
        {"RTMP_Write, BadName", "Somebody else publishes that.", 0, bad_name},
        {"RTMP_Write, BadName in an ECMA array", "Somebody else publishes that.", 0, bad_name_in_array},
        {"RTMP_Write, close", "close", 0, says_close},
        {"RTMP_Write, end of the connection", "closed", 0, hangs_up},
        {"RTMP_SendPacket, BadName", "Somebody else publishes that.", 1, bad_name},
        {"RTMP_SendPacket, close", "close", 1, says_close},
        {"RTMP_SendPacket, end of the connection", "closed", 1, hangs_up},
    };
    log_from(RTMP_LOGERROR);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) publish(&endings[i]);
    return 0;
}
