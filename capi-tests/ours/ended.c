/* How a play ends: RTMP_Read says so once with the connection still open, for programs that ask RTMP_IsConnected before
 * each read; the packet functions close at once. */
#include "ours.h"

static RTMP r;
static struct server s;
static unsigned char body[300];

/* A play of which nothing has come. */
static void play(void)
{
    static char url[] = "rtmp://h/app/path";
    client_on(&r, url, server_pair(&s));
    server_greet(&s);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    if (!RTMP_Connect1(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("FAIL no session\n");
}

/* A play of which two frames and the end have come. */
static void begin(const char *code)
{
    play();
    server_send(&s, 5, 0, 9, 1, body, 300);
    server_send(&s, 5, 40, 9, 1, body, 200);
    if (!strcmp(code, "onFCUnsubscribe"))
        server_invoke(&s, "sn0{ksks}", code, 0.0, "level", "status", "code", "NetStream.Unpublish.Success");
    else if (*code)
        server_status(&s, "status", code);
    else
        shutdown(s.fd, SHUT_WR);
}

static void end(void)
{
    RTMP_Close(&r);
    server_end(&s);
}

static void read_to_end(const char *code)
{
    static char flv[4096];
    size_t total = 0;
    int n;
    begin(code);
    while ((n = RTMP_Read(&r, flv, sizeof flv)) > 0) total += (size_t)n;
    check(n == 0 && total == 13 + 315 + 215, "%s: RTMP_Read gives both frames, then 0", code);
    check(RTMP_IsConnected(&r), "%s: still connected", code);
    check(r.m_read.status == RTMP_READ_COMPLETE, "%s: the status is complete", code);
    check(RTMP_Read(&r, flv, sizeof flv) == 0, "%s: the second read is 0 too", code);
    check(!RTMP_IsConnected(&r) && RTMP_Socket(&r) == -1, "%s: and closed", code);
    check(RTMP_Read(&r, flv, sizeof flv) == 0, "%s: and so is the third", code);
    end();
}

/* rtmpsrc reads so: never once the connection is gone. */
static void read_while_connected(const char *code)
{
    static char flv[4096];
    int reads = 0, ended = 0;
    begin(code);
    while (RTMP_IsConnected(&r) && !ended && reads < 100) {
        int n = RTMP_Read(&r, flv, sizeof flv);
        ended = n == 0 && !RTMP_IsTimedout(&r);
        reads++;
    }
    check(ended, "%s: a loop over RTMP_IsConnected hears the end", code);
    end();
}

static void packets_to_end(const char *code)
{
    RTMPPacket packet;
    int media = 0, got;
    memset(&packet, 0, sizeof packet);
    begin(code);
    while ((got = RTMP_GetNextMediaPacket(&r, &packet)) == 1) {
        media++;
        RTMPPacket_Free(&packet);
    }
    check(media == 2 && !RTMP_IsConnected(&r), "%s: RTMP_GetNextMediaPacket ends and closes at once", code);
    RTMPPacket_Free(&packet);
    end();

    memset(&packet, 0, sizeof packet);
    begin(code);
    media = 0;
    got = 0;
    while (RTMP_IsConnected(&r) && RTMP_ReadPacket(&r, &packet)) {
        if (!RTMPPacket_IsReady(&packet) || !packet.m_nBodySize) continue;
        got = RTMP_ClientPacket(&r, &packet);
        media += got == 1;
        RTMPPacket_Free(&packet);
    }
    check(media == 2 && got == 2 && !RTMP_IsConnected(&r), "%s: RTMP_ClientPacket returns 2 and closes at once", code);
    end();
}

/* One that was paused and resumed, and of which nothing new has come since. */
static void resumed(void)
{
    static char flv[4096];
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    for (int reads = 0; reads < 2; reads++) {
        play();
        server_send(&s, 5, 40, 9, 1, body, 300);
        if (RTMP_Read(&r, flv, sizeof flv) <= 0) say("FAIL nothing to read\n");
        r.m_pausing = 3;
        server_status(&s, "status", "NetStream.Play.Stop");
        if (reads)
            check(!RTMP_Read(&r, flv, sizeof flv) && r.m_read.status == RTMP_READ_COMPLETE,
                  "the end of a play that was resumed: RTMP_Read says complete");
        else
            check(RTMP_GetNextMediaPacket(&r, &packet) == 2,
                  "the end of a play that was resumed: RTMP_GetNextMediaPacket returns 2");
        end();
    }
}

static void lost(void)
{
    static char flv[4096];
    size_t total = 0;
    int n;
    begin("");
    log_from(RTMP_LOGERROR);
    r.Link.hostname.av_val = (char *)16; /* as if the program had freed it */
    while ((n = RTMP_Read(&r, flv, sizeof flv)) > 0) total += (size_t)n;
    if (!check(log_has("h:1935: connection closed by the peer"), "a lost connection: the log says with whom")) say("%s", log_text);
    check(n == 0 && total == 13 + 315 + 215, "a lost connection: RTMP_Read gives both frames, then 0");
    check(!RTMP_IsConnected(&r) && r.m_read.status == RTMP_READ_EOF, "closed at once, the status is the end of file");
    end();
}

/* An aggregate whose second tag is longer than what is left of it, at this time, and another aggregate behind it: also
 * while the first tags are collected, which goes on until a time is not 0. */
static void broken(unsigned stamp)
{
    static char flv[4096];
    static struct body broken, good;
    size_t total = 0;
    int n;
    play();
    broken.n = good.n = 0;
    put_tag(&broken, 9, stamp, body, 100);
    put_tag(&broken, 9, stamp, body, 100);
    put_tag(&good, 9, stamp, body, 100);
    server_send(&s, 5, stamp, 22, 1, broken.bytes, broken.n - 50);
    server_send(&s, 5, stamp, 22, 1, good.bytes, good.n);
    while ((n = RTMP_Read(&r, flv, sizeof flv)) > 0) total += (size_t)n;
    if (!check(n == 0 && total == 13 + 115, "a broken aggregate at %u ms: what is whole of it is read", stamp))
        say("%d after %zu bytes\n", n, total);
    check(r.m_read.status == RTMP_READ_ERROR && !RTMP_IsConnected(&r), "a broken aggregate at %u ms: the end", stamp);
    end();
}

int main(void)
{
    static const char *const codes[] = {"NetStream.Play.Stop", "NetStream.Play.Complete",
                                        "NetStream.Play.UnpublishNotify", "onFCUnsubscribe"};
    body[0] = 0x17;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        read_to_end(codes[i]);
        read_while_connected(codes[i]);
        packets_to_end(codes[i]);
    }
    resumed();
    lost();
    broken(0);
    broken(500);
    return 0;
}
