/* A publisher announces larger chunks before its first media, unless it is told or has chosen otherwise. */
#include "ours.h"

static RTMP r;
static char url[128];

struct seen {
    unsigned announced;  /* the last chunk size message, 0 for none */
    int after_media, announcements;
    size_t media;
};

static struct seen seen;

static void script(struct host *h, struct server *s)
{
    const int *publishes = h->argument;
    struct message m;
    double txn;
    shake(s);
    while (take_message(s, &m)) {
        if (is_command(&m, "connect", &txn))
            server_invoke(s, "sn{ks}{ks}", "_result", txn, "fmsVer", "FMS/3,5", "code", "NetConnection.Connect.Success");
        if (is_command(&m, "createStream", &txn)) server_invoke(s, "sn0n", "_result", txn, 1.0);
        if (is_command(&m, *publishes ? "publish" : "play", NULL)) {
            server_status(s, "status", *publishes ? "NetStream.Publish.Start" : "NetStream.Play.Start");
        }
        if (m.type == 1) {
            seen.announced = be(m.body, 4);
            seen.announcements++;
            seen.after_media |= seen.media != 0;
        }
        if (m.type == 8 || m.type == 9) seen.media += m.n;
        free(m.body);
    }
}

/* A session with these options; the program sets m_outChunkSize itself when `own` is not 0. */
static void session(const char *options, int own, int again, int publishes)
{
    static char media[9000];
    struct host h;
    memset(&seen, 0, sizeof seen);
    host_start(&h, script, &publishes, 0);
    if (again) {
        snprintf(url, sizeof url, "rtmp://127.0.0.1:%d/app/path %s", h.port, options);
        if (!RTMP_SetupURL(&r, url)) say("FAIL SetupURL\n");
        if (publishes) RTMP_EnableWrite(&r);
    } else {
        client_for(&r, url, sizeof url, h.port, options, publishes);
    }
    if (own) {
        r.m_outChunkSize = own;
        /* The peer has to hear of it from the program. */
        RTMPPacket packet;
        char bytes[RTMP_MAX_HEADER_SIZE + 4] = {0};
        if (!RTMP_Connect(&r, NULL)) say("FAIL RTMP_Connect\n");
        memset(&packet, 0, sizeof packet);
        packet.m_nChannel = 2;
        packet.m_headerType = RTMP_PACKET_SIZE_LARGE;
        packet.m_packetType = RTMP_PACKET_TYPE_CHUNK_SIZE;
        packet.m_nBodySize = 4;
        packet.m_body = bytes + RTMP_MAX_HEADER_SIZE;
        AMF_EncodeInt32(packet.m_body, packet.m_body + 4, own);
        if (!RTMP_SendPacket(&r, &packet, 0)) say("FAIL RTMP_SendPacket\n");
    } else if (!RTMP_Connect(&r, NULL)) {
        say("FAIL RTMP_Connect\n");
    }
    if (!RTMP_ConnectStream(&r, 0)) say("FAIL RTMP_ConnectStream\n");
    int during = r.m_outChunkSize, written = 1;
    if (publishes) written = write_tag(&r, 9, 0, media, sizeof media) > 0;
    RTMP_Close(&r);
    host_end(&h);
    if (publishes && !(written && seen.media == sizeof media)) say("FAIL %zu bytes of media\n", seen.media);
    say("%s %s%s: announced %d time(s), %u%s; m_outChunkSize %d, after RTMP_Close %d\n",
        publishes ? "publish" : "play", *options ? options : "without options", own ? ", set by the program" : "",
        seen.announcements, seen.announced, seen.after_media ? " too late" : "", during, r.m_outChunkSize);
}

int main(void)
{
    session("", 0, 0, 1);
    session("chunk=1000", 0, 0, 1);
    session("chunk=65536", 0, 0, 1);
    session("chunk=128", 0, 0, 1);
    session("", 2000, 0, 1);
    session("", 0, 0, 0);
    say("the same handle again\n");
    session("chunk=60000", 0, 0, 1);
    session("", 0, 1, 1);
    session("chunk=128", 0, 1, 1);
    session("", 3000, 1, 1);
    say("values that are none\n");
    static const char *const wrong[] = {"chunk=0", "chunk=-1", "chunk=16777216", "chunk=99999999999999999999",
                                        "chunk=many", "chunk="};
    log_from(RTMP_LOGERROR);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[80];
        log_forget();
        snprintf(text, sizeof text, "rtmp://h/app/path %s", wrong[i]);
        RTMP_Init(&r);
        int set = RTMP_SetupURL(&r, text);
        check(!set && log_has("chunk"), "%s is refused, and the log names it", wrong[i]);
        RTMP_Close(&r);
    }
    return 0;
}
