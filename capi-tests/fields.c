/* What connecting, closing and other calls leave of the public fields that a program has written. */
#include "rtmp_server.h"
#include <signal.h>

static RTMP r;
static struct server s;

/* A value of its own for each field, none of them one that the library would set. */
static void write_fields(void)
{
    r.m_nBWCheckCounter = 11;
    r.m_nBytesIn = 1201;
    r.m_nBytesInSent = 1102;
    r.m_nBufferMS = 1301;
    r.m_stream_id = 14;
    r.m_mediaChannel = 15;
    r.m_mediaStamp = 16;
    r.m_pauseStamp = 17;
    r.m_pausing = 2;
    r.m_nServerBW = 1900001;
    r.m_nClientBW = 2000001;
    r.m_nClientBW2 = 21;
    r.m_bPlaying = 1;
    r.m_bSendEncoding = 1;
    r.m_bSendCounter = 0;
    r.m_numInvokes = 22;
    r.m_fAudioCodecs = 23;
    r.m_fVideoCodecs = 24;
    r.m_fEncoding = 1;
    r.m_fDuration = 25.5;
    r.m_msgCounter = 26;
    r.m_polling = 27;
    r.m_unackd = 28;
    r.m_read.timestamp = 29;
    r.m_read.dataType = 5;
    r.m_read.flags = RTMP_READ_GOTKF;
    r.m_read.nResumeTS = 31;
    r.m_read.nIgnoredFrameCounter = 32;
    r.m_read.nIgnoredFlvFrameCounter = 33;
    r.m_read.initialFrameType = 9;
    r.m_write.m_nBytesRead = 34;
    r.m_write.m_nBodySize = 35;
    r.m_sb.sb_timedout = 1;
}

static void show(const char *when)
{
    say("%s\n", when);
    server_show(&s);
    show_fields(&r);
    say("  codecs %g %g encoding %g tunnel %d %d %d write %u/%u frame %d\n", r.m_fAudioCodecs, r.m_fVideoCodecs,
        r.m_fEncoding, r.m_msgCounter, r.m_polling, r.m_unackd, r.m_write.m_nBytesRead, r.m_write.m_nBodySize,
        r.m_read.initialFrameType);
    say("  socket %d\n", r.m_sb.sb_socket < 0 ? -1 : 0);
}

/* A session whose server has answered so far as to begin the stream. */
static void begin(const char *url, int writes)
{
    static char text[128];
    snprintf(text, sizeof text, "%s", url);
    client_on(&r, text, server_pair(&s));
    if (writes) RTMP_EnableWrite(&r);
    server_greet(&s);
}

static void end(const char *when)
{
    RTMP_Close(&r);
    show(when);
    server_end(&s);
}

/* A program may write before each step. */
static void steps(int writes, int status)
{
    say("\n%s, status %d\n", writes ? "publish" : "play", status);
    begin("rtmp://h/app/path", writes);
    write_fields();
    r.m_read.status = (int8_t)status;
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    show("connected");
    server_accept(&s, 23, writes ? 26 : 24);
    server_status(&s, "status", writes ? "NetStream.Publish.Start" : "NetStream.Play.Start");
    r.m_bPlaying = 0;
    say("stream %d\n", RTMP_ConnectStream(&r, 0));
    show("begun");
    write_fields();
    r.m_read.status = (int8_t)status;
    end("closed");
}

/* Buffered bytes are forgotten, and what a second connection finds is what the first has left. */
static void again(void)
{
    static char media[4000];
    char some[64];
    say("\nagain\n");
    begin("rtmp://h/app/path", 0);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    say("stream %d\n", RTMP_ConnectStream(&r, 0));
    server_show(&s);
    server_number(&s, 5, 100000);
    server_number(&s, 6, 50000);
    for (int i = 1; i < 8; i++) server_send(&s, 5, 40 * (unsigned)i, 8 + i % 2, 1, media, sizeof media);
    for (int i = 0; i < 3; i++) say("read %d\n", RTMP_Read(&r, some, sizeof some));
    show("read in part");
    end("closed with bytes unread");
    say("buffered %d\n", r.m_sb.sb_size);
    r.m_sb.sb_socket = server_pair(&s);
    server_greet(&s);
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    show("connected again");
    end("closed again");
}

/* A connection that comes to nothing. */
static void refused(void)
{
    say("\nrefused\n");
    begin("rtmp://h/app/path", 0);
    write_fields();
    shutdown(s.fd, SHUT_RDWR);
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    end("refused");
}

/* RTMP_Connect0 begins with a clean slate, or most of one. */
static void connect0(void)
{
    struct sockaddr_in at;
    int listener = listen_anywhere(&at);
    say("\nconnect0\n");
    begin("rtmp://h/app/path", 0);
    server_end(&s);
    close(r.m_sb.sb_socket);
    r.m_sb.sb_socket = -1;
    write_fields();
    r.m_read.status = RTMP_READ_EOF;
    r.m_sb.sb_size = 5;
    say("connect0 %d\n", RTMP_Connect0(&r, (void *)&at));
    server_on(&s, accept(listener, NULL, NULL));
    close(listener);
    s.client = r.m_sb.sb_socket;
    show("a socket");
    say("buffered %d\n", r.m_sb.sb_size);
    end("closed");
}

/* Nothing was connected. */
static void never(void)
{
    say("\nnever\n");
    begin("rtmp://h/app/path", 0);
    server_end(&s);
    close(r.m_sb.sb_socket);
    r.m_sb.sb_socket = -1;
    s.fd = -1;
    write_fields();
    r.m_read.status = RTMP_READ_ERROR;
    RTMP_Close(&r);
    show_fields(&r);
    write_fields();
    char some[8];
    say("read %d\n", RTMP_Read(&r, some, sizeof some));
    show_fields(&r);
}

static void start(const char *url)
{
    begin(url, 0);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    if (!RTMP_Connect1(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("did not start\n");
    server_show(&s);
}

/* The stream is late: the connection stays, and may be asked again. */
static void late(void)
{
    say("\nlate\n");
    begin("rtmp://h/app/path", 0);
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    say("stream %d\n", RTMP_ConnectStream(&r, 0));
    show("nothing came");
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    say("stream %d\n", RTMP_ConnectStream(&r, -3));
    show("begun");
    say("seek time %d\n", r.Link.seekTime);
    end("closed");
}

static void ended_at_once(void)
{
    say("\nended\n");
    begin("rtmp://h/app/path", 0);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.UnpublishNotify");
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    say("stream %d\n", RTMP_ConnectStream(&r, 0));
    show("ended before it began");
    end("closed");
}

static void media_first(void)
{
    RTMPPacket p;
    memset(&p, 0, sizeof p);
    say("\nmedia first\n");
    begin("rtmp://h/app/path", 0);
    server_accept(&s, 1, 2);
    server_send(&s, 5, 20, 18, 1, "\2\0\1x", 4);
    server_status(&s, "status", "NetStream.Play.Start");
    server_send(&s, 6, 40, 9, 1, "\27\1\0\0\0\0", 6);
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    say("stream %d\n", RTMP_ConnectStream(&r, 0));
    int got = RTMP_GetNextMediaPacket(&r, &p);
    say("media %d type %d\n", got, p.m_packetType);
    RTMPPacket_Free(&p);
    show("media");
    end("closed");
}

/* What the calls that send something make of it. */
static void calls(void)
{
    char some[8];
    say("\ncalls\n");
    start("rtmp://h/app/path");
    r.m_read.nResumeTS = 31;
    r.m_read.flags = RTMP_READ_RESUME;
    say("seek %d\n", RTMP_SendSeek(&r, 700));
    show("sought");
    r.m_read.flags = 0;
    r.m_read.status = RTMP_READ_EOF;
    r.m_sb.sb_timedout = 1;
    r.m_pauseStamp = 1234;
    say("toggle %d\n", RTMP_ToggleStream(&r));
    show("toggled after a time-out");
    r.m_pausing = 0;
    r.m_read.status = RTMP_READ_EOF;
    r.m_sb.sb_timedout = 0;
    say("toggle %d\n", RTMP_ToggleStream(&r));
    show("toggled at the end");
    r.m_read.status = 0;
    say("read %d\n", RTMP_Read(&r, some, sizeof some));
    show("silent in a pause");
    r.m_pausing = 0;
    r.m_mediaChannel = 5;
    r.m_read.status = 0;
    say("read %d\n", RTMP_Read(&r, some, sizeof some));
    show("silent");
    r.m_stream_id = 0;
    RTMP_DeleteStream(&r);
    show("deleted");
    end("closed");
}

/* A bandwidth without its limit type, and what the server asks of the player's SWF file. */
static void asked(void)
{
    RTMPPacket p;
    struct body b = {.n = 0};
    memset(&p, 0, sizeof p);
    say("\nasked\n");
    begin("rtmp://h/app/path", 0);
    r.Link.SWFSize = 77777;
    for (int i = 0; i < RTMP_SWF_HASHLEN; i++) r.Link.SWFHash[i] = (unsigned char)(i * 5);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    say("connect %d\n", RTMP_Connect1(&r, NULL));
    say("stream %d\n", RTMP_ConnectStream(&r, 0));
    put_be(&b, 123456, 4);
    server_send(&s, 2, 0, 6, 0, b.bytes, 4);
    server_control(&s, 26, 1, 1);
    for (int i = 0; i < 2; i++) {
        while (RTMP_ReadPacket(&r, &p) && !RTMPPacket_IsReady(&p)) {}
        say("met %d\n", RTMP_ClientPacket(&r, &p));
        RTMPPacket_Free(&p);
    }
    show_hex((const unsigned char *)r.Link.SWFVerificationResponse, RTMP_SWF_RESPONSE_LEN);
    show("\nanswered");
    end("closed");
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* the reference raises it */
    steps(0, RTMP_READ_EOF);
    steps(0, RTMP_READ_COMPLETE);
    steps(1, RTMP_READ_ERROR);
    again();
    refused();
    connect0();
    never();
    late();
    ended_at_once();
    media_first();
    calls();
    asked();
    return 0;
}
