/* What a publisher sends: the set-up, RTMP_Write's and RTMP_SendPacket's messages, and the farewell. */
#include "rtmp_server.h"

static RTMP r;
static struct server s;
static char bytes[70000];
static double given = 1; /* the stream that the server gives */

static void begin(const char *where, int chunk)
{
    static char url[128];
    snprintf(url, sizeof url, "%s", where);
    client_on(&r, url, server_pair(&s));
    RTMP_EnableWrite(&r);
    if (chunk) r.m_outChunkSize = chunk, s.client_chunk = (unsigned)chunk;
    server_greet(&s);
    server_invoke(&s, "sn{ks}{ksks}", "_result", 1.0, "fmsVer", "FMS/3,5", "level", "status", "code",
                  "NetConnection.Connect.Success");
    server_invoke(&s, "sn0n", "_result", 4.0, given);
    server_status(&s, "status", "NetStream.Publish.Start");
    say("  connect %d\n", RTMP_Connect1(&r, NULL));
    say("  stream %d\n", RTMP_ConnectStream(&r, 0));
    server_show(&s);
    show_fields(&r);
}

static void end(void)
{
    RTMP_Close(&r);
    server_show(&s);
    show_fields(&r);
    server_end(&s);
}

static void tag(struct body *b, int type, unsigned stamp, const void *body, size_t n)
{
    put_be(b, (unsigned)type, 1), put_be(b, (unsigned)n, 3), put_be(b, stamp & 0xffffff, 3), put_be(b, stamp >> 24, 1);
    put_be(b, 0, 3);
    put(b, body, n);
    put_be(b, (unsigned)n + 11, 4);
}

static void film(struct body *b)
{
    struct body meta;
    b->n = 0;
    put(b, "FLV\1\5\0\0\0\11\0\0\0\0", 13);
    amf(&meta, "sekn}", "onMetaData", "duration", 3.0);
    tag(b, 18, 0, meta.bytes, meta.n);
    tag(b, 9, 0, bytes, 300);
    tag(b, 8, 0, bytes, 20);
    tag(b, 9, 40, bytes, 200);
    tag(b, 8, 43, bytes, 21);
    tag(b, 9, 80, bytes, 500);
    amf(&meta, "sekn}", "onCuePoint", "time", 0.085);
    tag(b, 18, 85, meta.bytes, meta.n);
    tag(b, 8, 90, bytes, 500);
    tag(b, 9, 0x1000000, bytes, 300);
}

int main(void)
{
    static struct body b;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 13 >> 3);
    say("written whole\n");
    begin("rtmp://h/app/path", 256);
    film(&b);
    say("  write %d of %zu\n", RTMP_Write(&r, (char *)b.bytes, (int)b.n), b.n);
    server_show(&s);
    show_fields(&r);
    end();

    say("written by tags\n");
    begin("rtmp://h/app/path live=1 pageUrl=http://page/ swfUrl=http://swf/ flashver=FMLE/3", 256);
    for (size_t at = 0, n; at < b.n; at += n) {
        size_t head = at ? 0 : 13;
        n = head + be(b.bytes + at + head + 1, 3) + 15;
        say("  write %d of %zu\n", RTMP_Write(&r, (char *)b.bytes + at, (int)n), n);
        server_show(&s);
    }
    end();

    say("sent as packets\n");
    begin("rtmp://h/app/path", 256);
    for (unsigned i = 0; i < 6; i++) {
        RTMPPacket p;
        memset(&p, 0, sizeof p);
        RTMPPacket_Alloc(&p, 1000);
        memcpy(p.m_body, bytes, 1000);
        p.m_nBodySize = 300 + 50 * i;
        p.m_packetType = i & 1 ? 8 : 9;
        p.m_headerType = i < 2 ? 0 : 1;
        p.m_nChannel = 4;
        p.m_nTimeStamp = 40 * i;
        p.m_nInfoField2 = r.m_stream_id;
        say("  send %d\n", RTMP_SendPacket(&r, &p, 1));
        RTMPPacket_Free(&p);
        server_show(&s);
    }
    end();

    say("at the default chunk size\n");
    begin("rtmp://h/app/path", 0);
    say("  write %d of %zu\n", RTMP_Write(&r, (char *)b.bytes, (int)b.n), b.n);
    server_show(&s);
    end();

    say("on another stream than the first\n");
    given = 7;
    begin("rtmp://h/app/path", 256);
    film(&b);
    say("  write %d of %zu\n", RTMP_Write(&r, (char *)b.bytes, (int)b.n), b.n);
    server_show(&s);
    end();
    return 0;
}
