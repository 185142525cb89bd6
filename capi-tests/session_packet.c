/* Packets in and out by hand: RTMP_ReadPacket chunk by chunk, RTMP_SendPacket with every header, and what programs
 * call between them. */
#include "rtmp_server.h"

static RTMP r;
static struct server s;
static char url[] = "rtmp://h/app/path";
static char bytes[70000];

static void begin(void)
{
    client_on(&r, url, server_pair(&s));
    server_greet(&s);
    if (!RTMP_Connect1(&r, NULL)) say("  no connection\n");
    server_show(&s);
}

static void end(void)
{
    RTMP_Close(&r);
    server_show(&s);
    show_fields(&r);
    say("  socket %d buffered %d arrays %d/%d\n", r.m_sb.sb_socket, r.m_sb.sb_size, !!r.m_methodCalls,
        !!r.m_channelTimestamp);
    server_end(&s);
}

/* Reads n chunks and shows each packet. */
static void chunks(int n, int with_chunk)
{
    RTMPPacket p;
    RTMPChunk c;
    memset(&p, 0, sizeof p);
    memset(&c, 0, sizeof c);
    while (n-- > 0) {
        if (with_chunk) p.m_chunk = &c;
        int got = RTMP_ReadPacket(&r, &p);
        say("  read %d", got);
        if (!got) {
            say(" timedout %d connected %d\n", RTMP_IsTimedout(&r), RTMP_IsConnected(&r));
            return;
        }
        say(" format %d type %d abs %d channel %d stamp %u stream %d size %u of %u ready %d body %d", p.m_headerType,
            p.m_packetType, p.m_hasAbsTimestamp, p.m_nChannel, p.m_nTimeStamp, p.m_nInfoField2, p.m_nBytesRead,
            p.m_nBodySize, RTMPPacket_IsReady(&p), p.m_body != NULL);
        if (with_chunk) {
            say(" chunk ");
            show_hex((unsigned char *)c.c_header, (size_t)c.c_headerSize);
            say("/");
            show_hex((unsigned char *)c.c_chunk, (size_t)c.c_chunkSize);
        }
        if (RTMPPacket_IsReady(&p)) {
            say(" ");
            show_hex((unsigned char *)p.m_body, p.m_nBodySize);
            say(" channel time %d", r.m_channelTimestamp[p.m_nChannel]);
            RTMPPacket_Free(&p);
        }
        say("\n");
    }
}

static void reading(void)
{
    static const int channels[] = {3, 63, 64, 100, 319, 320, 5000, 65599};
    for (int with_chunk = 0; with_chunk < 2; with_chunk++) {
        say("every format on every kind of channel, m_chunk %d\n", with_chunk);
        begin();
        for (size_t i = 0; i < 8; i++) {
            server_send_as(&s, 0, channels[i], 1000, 9, 7, bytes, 300);
            server_send_as(&s, 1, channels[i], 40, 8, 0, bytes, 200);
            server_send_as(&s, 2, channels[i], 30, 0, 0, bytes, 200);
            server_send_as(&s, 3, channels[i], 0, 0, 0, bytes, 200);
            server_send_as(&s, 0, channels[i], 0x01020304, 8, 1, bytes, 150);
            server_send_as(&s, 1, channels[i], 5, 8, 1, bytes, 1);
            server_send_as(&s, 0, channels[i], 9, 18, 1, "", 0);
            chunks(14, with_chunk);
        }
        end();
    }
    say("interleaved\n");
    begin();
    server_send_as(&s, 0, 4, 10, 9, 1, bytes, 0);
    /* Two messages of 200 bytes, their chunks by turns. */
    static const unsigned char video[] = {5, 0, 0, 10, 0, 0, 200, 9, 1, 0, 0, 0};
    static const unsigned char audio[] = {6, 0, 0, 20, 0, 0, 200, 8, 1, 0, 0, 0};
    send_all(&s, video, 12), send_all(&s, bytes, 128);
    send_all(&s, audio, 12), send_all(&s, bytes, 128);
    send_all(&s, "\xc5", 1), send_all(&s, bytes, 72);
    send_all(&s, "\xc6", 1), send_all(&s, bytes, 72);
    chunks(5, 0);
    /* A message that goes on with a time in the header of its second chunk. */
    send_all(&s, "\x45\0\0\x09\0\0\xc8\x09", 8), send_all(&s, bytes, 128);
    send_all(&s, "\x85\0\0\x09", 4), send_all(&s, bytes, 72);
    chunks(2, 0);
    r.m_inChunkSize = 1000;
    s.chunk = 1000;
    server_send(&s, 5, 30, 9, 1, bytes, 2500);
    chunks(3, 1);
    shutdown(s.fd, SHUT_WR);
    chunks(1, 0);
    end();
}

static void packet(RTMPPacket *p, int format, int channel, unsigned stamp, int type, unsigned size)
{
    memset(p, 0, sizeof *p);
    RTMPPacket_Alloc(p, size);
    memcpy(p->m_body, bytes, size);
    p->m_headerType = (uint8_t)format;
    p->m_nChannel = channel;
    p->m_nTimeStamp = stamp;
    p->m_packetType = (uint8_t)type;
    p->m_nInfoField2 = 1;
    p->m_nBodySize = size;
}

static void one(int format, int channel, unsigned stamp, int type, unsigned size)
{
    RTMPPacket p;
    packet(&p, format, channel, stamp, type, size);
    int sent = RTMP_SendPacket(&r, &p, 0);
    say("  send format %d channel %d stamp %u type %d size %u: %d, format %d\n", format, channel, stamp, type, size,
        sent, p.m_headerType);
    RTMPPacket_Free(&p);
    server_show(&s);
}

static void sending(void)
{
    static const int channels[] = {4, 63, 64, 319, 320, 65599};
    say("sending\n");
    begin();
    for (size_t i = 0; i < 6; i++) {
        for (int format = 0; format < 5; format++) one(format, channels[i], 100, 9, 10);
        one(1, channels[i], 140, 9, 300);
        one(1, channels[i], 180, 9, 300);
        one(1, channels[i], 221, 9, 300);
        one(1, channels[i], 221, 8, 300);
        one(2, channels[i], 300, 8, 300);
        one(0, channels[i], 0xfffffe, 8, 300);
        one(0, channels[i], 0xffffff, 8, 300);
        one(0, channels[i], 0x01020304, 8, 300);
        one(1, channels[i], 0x01020404, 8, 0);
    }
    r.m_outChunkSize = 1000;
    s.client_chunk = 1000;
    one(0, 4, 5, 9, 3000);
    end();
    say("first of a kind\n");
    for (int format = 0; format < 4; format++) {
        begin();
        one(format, 7, 100, 9, 10);
        end();
    }
    say("queued commands\n");
    begin();
    for (int queue = 0; queue < 2; queue++) {
        struct body b;
        RTMPPacket p;
        amf(&b, "sn0", "mine", 42.0);
        packet(&p, 1, 3, 0, 20, (unsigned)b.n);
        memcpy(p.m_body, b.bytes, b.n);
        say("  queue %d: %d\n", queue, RTMP_SendPacket(&r, &p, queue));
        RTMPPacket_Free(&p);
        show_fields(&r);
    }
    struct body data;
    RTMPPacket no_command;
    amf(&data, "sn", "onData", 43.0);
    packet(&no_command, 1, 3, 0, 18, (unsigned)data.n);
    memcpy(no_command.m_body, data.bytes, data.n);
    say("  no command: %d\n", RTMP_SendPacket(&r, &no_command, 1));
    RTMPPacket_Free(&no_command);
    show_fields(&r);
    RTMP_SendCreateStream(&r);
    RTMP_SendCreateStream(&r);
    show_fields(&r);
    AVal name = r.m_methodCalls[1].name;
    RTMP_DropRequest(&r, 1, 0);
    free(name.av_val);
    show_fields(&r);
    RTMP_DropRequest(&r, 0, 1);
    show_fields(&r);
    server_show(&s);
    end();
    say("chunks\n");
    begin();
    RTMPChunk c = {12, 4, bytes, {4, 0, 0, 1, 0, 0, 4, 9, 1, 0, 0, 0}};
    say("  %d\n", RTMP_SendChunk(&r, &c));
    server_show(&s);
    RTMPChunk longest = {18, 4, bytes, {1, 44, 1, (char)0xff, (char)0xff, (char)0xff, 0, 0, 4, 9, 1, 0, 0, 0, 1, 2, 3, 4}};
    say("  %d\n", RTMP_SendChunk(&r, &longest));
    server_show(&s);
    end();
    say("control\n");
    begin();
    static const short types[] = {0, 1, 3, 6, 7, 0x1a, 0x1b, 31, 32};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        say("  %d: %d\n", types[i], RTMP_SendCtrl(&r, types[i], 0x01020304, 0x05060708));
    say("  %d %d\n", RTMP_SendServerBW(&r), RTMP_SendClientBW(&r));
    server_show(&s);
    end();
}

static void media(void)
{
    RTMPPacket p;
    memset(&p, 0, sizeof p);
    say("media packets\n");
    begin();
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    server_send(&s, 5, 100, 9, 1, bytes, 300);
    server_send(&s, 6, 110, 8, 1, bytes, 3);
    struct body b;
    amf(&b, "sekn}", "onMetaData", "duration", 2.0);
    server_send(&s, 4, 0, 18, 1, b.bytes, b.n);
    server_status(&s, "status", "NetStream.Play.Stop");
    for (int i = 0; i < 5; i++) {
        int got = RTMP_GetNextMediaPacket(&r, &p);
        say("  %d type %d stamp %u size %u\n", got, p.m_packetType, p.m_nTimeStamp, p.m_nBodySize);
        server_show(&s);
        show_fields(&r);
        if (got != 1) break;
        RTMPPacket_Free(&p);
    }
    end();
    say("resumed\n");
    begin();
    server_accept(&s, 1, 2);
    server_send(&s, 5, 100, 9, 1, bytes, 30);
    say("  %d\n", RTMP_GetNextMediaPacket(&r, &p));
    RTMPPacket_Free(&p);
    r.m_pausing = 3;
    for (unsigned i = 0; i < 4; i++) server_send(&s, 5, 90 + 10 * i, 9, 1, bytes, 30);
    say("  %d", RTMP_GetNextMediaPacket(&r, &p));
    say(" stamp %u\n", p.m_nTimeStamp);
    RTMPPacket_Free(&p);
    show_fields(&r);
    say("  toggle %d\n", RTMP_ToggleStream(&r));
    server_show(&s);
    show_fields(&r);
    end();
    say("silence\n");
    begin();
    struct timeval wait = {0, 100000};
    setsockopt(r.m_sb.sb_socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    say("  %d", RTMP_ReadPacket(&r, &p));
    say(" timedout %d\n", RTMP_IsTimedout(&r));
    server_accept(&s, 1, 2);
    server_send(&s, 5, 100, 9, 1, bytes, 30);
    say("  %d\n", RTMP_GetNextMediaPacket(&r, &p));
    RTMPPacket_Free(&p);
    say("  %d", RTMP_GetNextMediaPacket(&r, &p));
    say(" timedout %d connected %d\n", RTMP_IsTimedout(&r), RTMP_IsConnected(&r));
    show_fields(&r);
    end();
}

static void streams(void)
{
    say("delete and reconnect\n");
    begin();
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    say("  %d\n", RTMP_ConnectStream(&r, 0));
    RTMP_DeleteStream(&r);
    server_show(&s);
    show_fields(&r);
    RTMP_DeleteStream(&r);
    server_invoke(&s, "sn0n", "_result", 5.0, 2.0);
    server_status(&s, "status", "NetStream.Play.Start");
    say("  %d\n", RTMP_ReconnectStream(&r, 7000));
    server_show(&s);
    show_fields(&r);
    end();
    say("a connect packet of the program's own\n");
    client_on(&r, url, server_pair(&s));
    server_greet(&s);
    struct body b;
    RTMPPacket p;
    amf(&b, "sn{ks}", "connect", 1.0, "app", "mine");
    packet(&p, 1, 3, 0, 20, (unsigned)b.n);
    memcpy(p.m_body, b.bytes, b.n);
    int connected = RTMP_Connect1(&r, &p);
    say("  %d, format %d\n", connected, p.m_headerType);
    RTMPPacket_Free(&p);
    server_show(&s);
    show_fields(&r);
    end();
}

static void buffers(void)
{
    RTMPSockBuf sb;
    memset(&sb, 0, sizeof sb);
    say("socket buffers\n");
    sb.sb_socket = server_pair(&s);
    s.greeted = 1;
    send_all(&s, bytes, 1000);
    int filled = RTMPSockBuf_Fill(&sb);
    say("  fill %d size %d offset %d\n", filled, sb.sb_size, (int)(sb.sb_start - sb.sb_buf));
    sb.sb_start += 100, sb.sb_size -= 100;
    send_all(&s, bytes, 20000);
    filled = RTMPSockBuf_Fill(&sb);
    say("  fill %d size %d offset %d\n", filled, sb.sb_size, (int)(sb.sb_start - sb.sb_buf));
    say("  send %d\n", RTMPSockBuf_Send(&sb, "\x02\0\0\0\0\0\4\3\0\0\0\0abcd", 16));
    server_show(&s);
    struct timeval wait = {0, 100000};
    setsockopt(sb.sb_socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    sb.sb_size = 0;
    filled = RTMPSockBuf_Fill(&sb);
    sb.sb_size = 0;
    filled = RTMPSockBuf_Fill(&sb);
    say("  fill %d timedout %d\n", filled, sb.sb_timedout);
    shutdown(s.fd, SHUT_WR);
    sb.sb_timedout = 0;
    sb.sb_size = 0;
    filled = RTMPSockBuf_Fill(&sb);
    say("  fill %d timedout %d\n", filled, sb.sb_timedout);
    say("  close %d\n", RTMPSockBuf_Close(&sb));
    server_show(&s);
    server_end(&s);
}

/* A server that looks at what comes before it lets the library shake hands; with the rest of the client's handshake, and
 * a message, in the buffer by then or not. */
static void served(size_t looked_at)
{
    static char said[1 + 2 * HANDSHAKE + 16] = {3};
    static const char message[16] = {2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 16, 0};
    RTMPPacket p;
    memset(&p, 0, sizeof p);
    memcpy(said + 1 + 2 * HANDSHAKE, message, sizeof message);
    say("served after a look at %d bytes\n", (int)looked_at);
    RTMP_Init(&r);
    r.m_sb.sb_socket = server_pair(&s);
    send_all(&s, said, looked_at);
    int filled = looked_at ? RTMPSockBuf_Fill(&r.m_sb) : 0;
    say("  fill %d\n", filled);
    send_all(&s, said + looked_at, sizeof said - looked_at);
    say("  serve %d\n", RTMP_Serve(&r));
    int read = RTMP_ReadPacket(&r, &p);
    say("  read %d type %d in %d\n", read, p.m_packetType, r.m_nBytesIn);
    RTMPPacket_Free(&p);
    RTMP_Close(&r);
    server_end(&s);
}

int main(void)
{
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 13 >> 3);
    reading();
    sending();
    media();
    streams();
    buffers();
    static const size_t looks[] = {0, 1, 1 + HANDSHAKE, 1 + 2 * HANDSHAKE, 1 + 2 * HANDSHAKE + 16};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) served(looks[i]);
    return 0;
}
