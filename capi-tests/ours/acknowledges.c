/* A server that waits for acknowledgements gets them: also in the middle of a message, whichever call reads it. */
#include "ours.h"

#define BODY 400000
#define WINDOW 100000

static char body[BODY];

/* Sends no more of a message than the window, until what has arrived is acknowledged. */
static void waits(struct host *h, struct server *s)
{
    struct message m;
    unsigned acknowledged = 0;
    size_t at = 0;
    (void)h;
    accept_stream(s, "play");
    server_number(s, 1, WINDOW / 4);
    server_number(s, 5, WINDOW);
    s->chunk = WINDOW / 4;
    unsigned char head[12] = {5, 0, 0, 0, BODY >> 16 & 255, BODY >> 8 & 255, BODY & 255, 9, 1};
    send_all(s, head, sizeof head);
    while (at < BODY) {
        send_all(s, body + at, s->chunk);
        at += s->chunk;
        if (at < BODY) send_all(s, "\xc5", 1);
        while (at > acknowledged + WINDOW && take_message(s, &m)) {
            if (m.type == 3) acknowledged = be(m.body, 4);
            free(m.body);
        }
    }
    take_rest(s);
}

static int by_read(RTMP *r)
{
    static char flv[BODY + 1000];
    size_t got = 0;
    int n;
    while (got < BODY + 13 + 15 && (n = RTMP_Read(r, flv, sizeof flv)) > 0) got += (size_t)n;
    return got == BODY + 13 + 15;
}

static int by_read_in_parts(RTMP *r)
{
    static char flv[5000];
    size_t got = 0;
    int n;
    while (got < BODY + 13 + 15 && (n = RTMP_Read(r, flv, sizeof flv)) > 0) got += (size_t)n;
    return got == BODY + 13 + 15;
}

static int by_packets(RTMP *r)
{
    RTMPPacket packet;
    int media = 0;
    memset(&packet, 0, sizeof packet);
    while (!media && RTMP_ReadPacket(r, &packet)) {
        if (!RTMPPacket_IsReady(&packet)) continue;
        media = packet.m_packetType == 9;
        RTMP_ClientPacket(r, &packet);
        RTMPPacket_Free(&packet);
    }
    return media;
}

static int by_media(RTMP *r)
{
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    int media = RTMP_GetNextMediaPacket(r, &packet);
    RTMPPacket_Free(&packet);
    return media;
}

int main(void)
{
    static const struct {
        const char *name;
        int (*read)(RTMP *);
    } ways[] = {{"RTMP_Read", by_read},
                {"RTMP_Read, in parts", by_read_in_parts},
                {"RTMP_ReadPacket", by_packets},
                {"RTMP_GetNextMediaPacket", by_media}};
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        static RTMP r;
        static char url[128];
        struct host h;
        host_start(&h, waits, NULL, 0);
        client_for(&r, url, sizeof url, h.port, "timeout=5", 0);
        int begun = RTMP_Connect(&r, NULL) && RTMP_ConnectStream(&r, 0);
        check(begun && ways[i].read(&r), "%s: a message larger than the window", ways[i].name);
        RTMP_Close(&r);
        host_end(&h);
    }
    return 0;
}
