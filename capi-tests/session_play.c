/* What a player sends, and what each message of the server makes it do. */
#include "rtmp_server.h"

typedef void (*Script)(struct server *);

static void nothing(struct server *s) { (void)s; }

static void start(struct server *s) { server_status(s, "status", "NetStream.Play.Start"); }

/* Begins to play with what the options say, and shows the conversation. */
static void play(const char *url, void (*adjust)(RTMP *), Script before)
{
    static RTMP r;
    struct server s;
    char text[1024];
    int fd = server_pair(&s);
    snprintf(text, sizeof text, "%s", url);
    say("play %s\n", url);
    client_on(&r, text, fd);
    if (adjust) adjust(&r);
    server_greet(&s);
    say("  connect %d\n", RTMP_Connect1(&r, NULL));
    server_show(&s);
    show_fields(&r);
    before(&s);
    server_accept(&s, 1, 2);
    start(&s);
    say("  stream %d\n", RTMP_ConnectStream(&r, 0));
    server_show(&s);
    show_fields(&r);
    RTMP_Close(&r);
    server_show(&s);
    show_fields(&r);
    server_end(&s);
    AMF_Reset(&r.Link.extras);
}

static RTMP r;
static struct server s;

/* A session that is playing. */
static void playing(const char *url)
{
    static char text[1024];
    int fd = server_pair(&s);
    snprintf(text, sizeof text, "%s", url);
    client_on(&r, text, fd);
    server_greet(&s);
    server_accept(&s, 1, 2);
    start(&s);
    if (!RTMP_Connect1(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("  did not start\n");
    server_take(&s);
    server_show(&s);
}

static void end(void)
{
    RTMP_Close(&r);
    server_show(&s);
    server_end(&s);
}

/* Lets the client read and meet what the server has sent, up to n messages. */
static void meet(int n)
{
    RTMPPacket p;
    memset(&p, 0, sizeof p);
    while (n-- > 0 && RTMP_IsConnected(&r)) {
        int got;
        do {
            got = RTMP_ReadPacket(&r, &p);
        } while (got && !RTMPPacket_IsReady(&p));
        if (!got) {
            say("  read %d\n", got);
            break;
        }
        say("  handled %d\n", RTMP_ClientPacket(&r, &p));
        RTMPPacket_Free(&p);
    }
    server_show(&s);
    show_fields(&r);
}

static void encoding(RTMP *r) { r->m_fEncoding = 3; }
static void send_encoding(RTMP *r) { r->m_bSendEncoding = 1; }
static void codecs(RTMP *r) { r->m_fAudioCodecs = 1; r->m_fVideoCodecs = 2; r->m_nServerBW = 77; }
static void auth(RTMP *r)
{
    static AVal auth = AVC("the auth"), host = AVC("h"), app = AVC("app"), path = AVC("path"), empty = {0, 0},
                page = AVC("http://page/"), swf = AVC("http://swf/"), tc = AVC("rtmp://h/app");
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMP, &host, 0, &empty, &path, &tc, &swf, &page, &app, &auth, NULL, 0, &empty, &empty,
                     &empty, 5, 9, 0, 7);
}

static void auth_alone(RTMP *r)
{
    static AVal auth = AVC("the auth");
    r->Link.auth = auth;
}

static void token(struct server *s)
{
    server_invoke(s, "sn{ks}{ksks}", "_result", 1.0, "fmsVer", "FMS/3,5", "level", "status", "secureToken",
                  "0123456789abcdef0123456789abcdef");
    server_invoke(s, "sn0n", "_result", 3.0, 1.0);
}

/* An answer to createStream that names no stream. */
static void unnamed(struct server *s)
{
    server_invoke(s, "sn{ks}{ksks}", "_result", 1.0, "fmsVer", "FMS/3,5", "level", "status", "code",
                  "NetConnection.Connect.Success");
    server_invoke(s, "sn", "_result", 2.0);
    start(s);
}

static void options(void)
{
    play("rtmp://h/app/path", NULL, nothing);
    play("rtmp://h/app/path", NULL, unnamed);
    play("rtmp://h/app/path live=1", NULL, nothing);
    play("rtmp://h/app/path start=1500 stop=4000", NULL, nothing);
    play("rtmp://h/app/path stop=4000", NULL, nothing);
    play("rtmp://h/app/path start=-5", NULL, nothing);
    play("rtmp://h/app/path start=1000 stop=-4000", NULL, nothing);
    play("rtmp://h/app/path live=1 start=100 stop=300", NULL, nothing);
    play("rtmp://h/app/path subscribe=other", NULL, nothing);
    play("rtmp://h/app/path live=1 subscribe=other", NULL, nothing);
    play("rtmp://h/app/path playlist=1", NULL, nothing);
    play("rtmp://h/app/path jtv=usher", NULL, nothing);
    play("rtmp://h/app/path live=1 jtv=usher subscribe=sub playlist=1 buffer=1234", NULL, nothing);
    play("rtmp://h/app/path token=secret", NULL, nothing);
    play("rtmp://h/app/path token=secret", NULL, token);
    play("rtmp://h/app/path pageUrl=http://page/ swfUrl=http://swf/ flashver=WIN\\201,2", NULL, nothing);
    play("rtmp://h/app/path conn=B:1 conn=S:text conn=N:2.5 conn=Z: conn=O:1 conn=NB:b:0 conn=NN:n:3 conn=NS:s:v "
         "conn=NO:o:1 conn=NS:inner:x conn=O:0 conn=O:0", NULL, nothing);
    play("rtmp://h/app?x=1/path", NULL, nothing);
    play("rtmp://h:1936/app/inst/mp4:film.mp4", NULL, nothing);
    play("rtmp://h/app/path app=other tcUrl=rtmp://tc/ playpath=explicit", NULL, nothing);
    play("rtmp://h app=other playpath=p", NULL, nothing);
    play("rtmp://h/app/path", encoding, nothing);
    play("rtmp://h/app/path", send_encoding, nothing);
    play("rtmp://h/app/path", codecs, nothing);
    play("rtmp://h/app/path", auth, nothing);
    play("rtmp://h/app/path", auth_alone, nothing);
}

static void controls(void)
{
    static const int events[] = {0, 1, 2, 3, 4, 5, 6, 7, 31, 32, 33, 0x1a, 0x1b, 99};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        say("control %d\n", events[i]);
        playing("rtmp://h/app/path");
        server_control(&s, events[i], 0x01020304, 4);
        meet(1);
        end();
    }
    say("control 0x1a of one byte\n");
    playing("rtmp://h/app/path");
    server_control(&s, 0x1a, 1, 1);
    meet(1);
    r.Link.SWFSize = 1;
    for (int i = 0; i < 42; i++) r.Link.SWFVerificationResponse[i] = (char)i;
    server_control(&s, 0x1a, 1, 1);
    server_control(&s, 0x1a, 2, 1);
    meet(2);
    end();
    for (int pausing = 0; pausing < 4; pausing++) {
        for (int event = 1; event < 33; event += event == 1 ? 30 : 1) {
            say("control %d, BUFX, pausing %d\n", event, pausing);
            playing("rtmp://h/app/path");
            r.Link.lFlags |= RTMP_LF_BUFX;
            server_send(&s, 5, 70, 8, 1, "abcdef", 6);
            meet(1);
            r.m_pausing = pausing;
            server_control(&s, event, 1, 4);
            meet(1);
            end();
        }
    }
}

static void protocol(void)
{
    static const int types[] = {1, 3, 5, 6, 7, 15, 16, 17, 19, 21, 23};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        say("type %d\n", types[i]);
        playing("rtmp://h/app/path");
        server_number(&s, types[i], 300);
        meet(1);
        end();
    }
    say("AMF3 command\n");
    playing("rtmp://h/app/path");
    struct body b;
    amf(&b, "sn0", "ping", 9.0);
    memmove(b.bytes + 1, b.bytes, b.n++);
    b.bytes[0] = 0;
    server_send(&s, 3, 0, 17, 0, b.bytes, b.n);
    meet(1);
    end();
}

static void invokes(void)
{
    say("bandwidth\n");
    playing("rtmp://h/app/path");
    server_invoke(&s, "sn0", "onBWDone", 0.0);
    meet(1);
    server_invoke(&s, "sn0", "onBWDone", 0.0);
    meet(1);
    server_invoke(&s, "sn0", "_onbwcheck", 5.0);
    server_invoke(&s, "sn0", "_onbwcheck", 6.0);
    meet(2);
    server_invoke(&s, "sn0", "onBWDone", 0.0);
    server_invoke(&s, "sn0", "_onbwdone", 0.0);
    server_invoke(&s, "sn0", "ping", 11.0);
    meet(3);
    end();
    static const char *names[] = {"_onbwdone", "playlist_ready", "ping", "unknown"};
    for (size_t i = 0; i < 4; i++) {
        say("%s\n", names[i]);
        playing("rtmp://h/app/path playlist=1");
        server_invoke(&s, "sn0", names[i], 0.0);
        meet(1);
        end();
    }
    static const char *ends[] = {"onFCUnsubscribe", "close", "onFCSubscribe"};
    for (size_t i = 0; i < 3; i++) {
        say("%s\n", ends[i]);
        playing("rtmp://h/app/path");
        server_invoke(&s, "sn0", ends[i], 0.0);
        meet(1);
        end();
    }
    say("results and errors\n");
    playing("rtmp://h/app/path");
    server_invoke(&s, "sn0n", "_result", 99.0, 7.0);
    meet(1);
    server_invoke(&s, "sn0{ksks}", "_error", 99.0, "code", "x", "description", "y");
    meet(1);
    show_fields(&r);
    server_invoke(&s, "n", 4.0);
    meet(1);
    server_invoke(&s, "s", "_result");
    meet(1);
    end();
    static const char *codes[] = {
        "NetStream.Failed", "NetStream.Play.Failed", "NetStream.Play.StreamNotFound", "NetConnection.Connect.InvalidApp",
        "NetStream.Play.Start", "NetStream.Play.PublishNotify", "NetStream.Publish.Start", "NetStream.Play.Complete",
        "NetStream.Play.Stop", "NetStream.Play.UnpublishNotify", "NetStream.Seek.Notify", "NetStream.Pause.Notify",
        "NetStream.Play.Reset", "NetStream.Unpause.Notify", "NetStream.Data.Start", "other"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        for (int pausing = 0; pausing < 3; pausing++) {
            say("status %s, pausing %d\n", codes[i], pausing);
            playing("rtmp://h/app/path");
            r.m_pausing = pausing;
            r.m_read.flags = RTMP_READ_SEEKING;
            r.m_bPlaying = 0;
            server_status(&s, "status", codes[i]);
            meet(1);
            end();
            if (strcmp(codes[i], "NetStream.Pause.Notify")) break;
        }
    }
}

static void data(int stamp, const char *format, ...)
{
    struct body b = {.n = 0};
    va_list list;
    va_start(list, format);
    vamf(&b, format, list);
    va_end(list);
    server_send(&s, 5, stamp, 18, 1, b.bytes, b.n);
    meet(1);
}

static void media(void)
{
    struct body b;
    say("media\n");
    playing("rtmp://h/app/path");
    server_send(&s, 6, 10, 8, 1, "audio!", 6);
    meet(1);
    server_send(&s, 7, 20, 9, 1, "video!", 6);
    meet(1);
    r.m_pausing = 1;
    server_send(&s, 6, 30, 8, 1, "audio!", 6);
    meet(1);
    r.m_pausing = 0;
    server_send_as(&s, 1, 7, 25, 9, 1, "video!", 6);
    server_send_as(&s, 3, 7, 0, 9, 1, "video!", 6);
    meet(2);
    b.n = 0;
    for (unsigned i = 0; i < 3; i++) {
        put_be(&b, i ? 8 : 9, 1), put_be(&b, 4, 3), put_be(&b, 100 + 10 * i, 3), put_be(&b, 0, 4);
        put(&b, "body", 4), put_be(&b, 15, 4);
    }
    server_send(&s, 6, 500, 22, 1, b.bytes, b.n);
    meet(1);
    end();

    say("metadata\n");
    playing("rtmp://h/app/path");
    data(0, "se}", "onMetaData");
    data(0, "sekn}", "onMetaData", "duration", 12.5);
    data(0, "s{kn}", "onMetaData", "duration", 13.5);
    data(0, "se k{kn} }", "onMetaData", "outer", "duration", 14.5);
    data(0, "seknkn}", "onMetaData", "videocodecid", 7.0, "audiocodecid", 10.0);
    data(0, "sekn}", "onMetaData", "audiosamplerate", 1.0);
    data(0, "sekn}", "onMetaData", "hasVideo", 1.0);
    data(0, "s{k{kn}}", "onMetaData", "in", "videoheight", 3.0);
    data(0, "ss{kn}", "@setDataFrame", "onMetaData", "duration", 1.0);
    data(0, "s{kn}", "onCuePoint", "time", 1.0);
    data(0, "s", "onMetaData");
    data(0, "ss", "onMetaData", "text");
    data(0, "sn", "onMetaData", 5.0);
    data(0, "n", 5.0);
    data(0, "");
    data(0, "seknkbkbksk0kukU}", "onMetaData", "number", 1.25, "yes", 1, "no", 0, "string", "text\nline", "null",
         "undefined", "unsupported");
    data(0, "sekd}", "onMetaData", "date", 1e12);
    data(0, "sekLkx}", "onMetaData", "long", "long text", "xml", "<a/>");
    data(0, "seka nsb}", "onMetaData", "array", 3, 1.0, "two", 1);
    data(0, "seka {kn}{kn} kn}", "onMetaData", "array", 2, "a", 1.0, "b", 2.0, "after", 3.0);
    data(0, "sek{knk{ks}}ke kn} kn}", "onMetaData", "object", "n", 1.0, "deeper", "s", "t", "ecma", "n", 1.0, "last", 9.0);
    data(0, "seknknkn}", "onMetaData", "a name that is much longer than the column", 1.0, "exactly_22_chars_long_", 2.0,
         "", 3.0);
    data(0, "seknknknknkn}", "onMetaData", "big", 1e300, "negative", -0.004, "third", 1.0 / 3, "nan", 0.0 / 0.0, "inf",
         1e308 * 10);
    static char long_text[3001];
    memset(long_text, 'x', 3000);
    data(0, "seks}", "onMetaData", "long", long_text);
    data(0, "sek0knkukn}", "onMetaData", "none", "duration", 5.0, "e", "width", 1.0);
    data(0, "s{kn} {kn} s", "onMetaData", "a", 1.0, "b", 2.0, "c");
    end();
}

static void aggregate_tag(struct body *b, int type, unsigned stamp, const char *body, size_t n)
{
    put_be(b, type, 1), put_be(b, (unsigned)n, 3), put_be(b, stamp, 3), put_be(b, 0, 4);
    put(b, body, n), put_be(b, (unsigned)n + 11, 4);
}

/* Which of an aggregate's tags says what time it is: sounds and pictures do, else the message. */
static void aggregates(void)
{
    static const int kinds[][3] = {{18}, {18, 9}, {9, 18}, {9, 18, 8}, {18, 18}, {15}, {9, 15}, {0}};
    struct body meta, b;
    say("aggregates\n");
    playing("rtmp://h/app/path");
    amf(&meta, "sekn}", "onMetaData", "duration", 2.0);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        unsigned time = 1000 * (i + 1);
        b.n = 0;
        for (unsigned k = 0; k < 3 && kinds[i][k]; k++) {
            int is_meta = kinds[i][k] == 18;
            aggregate_tag(&b, kinds[i][k], time + 10 * k, is_meta ? (char *)meta.bytes : "body", is_meta ? meta.n : 4);
        }
        server_send(&s, 6, time, 22, 1, b.bytes, b.n);
        meet(1);
    }
    end();
}

/* Messages of every kind without a body, through RTMP_GetNextMediaPacket and through RTMP_ReadPacket. */
static void empty(void)
{
    static const int types[] = {8, 9, 18, 22, 15, 16, 3, 5, 6, 4};
    for (int media = 0; media < 2; media++) {
        say("empty messages, %s\n", media ? "media" : "all");
        playing("rtmp://h/app/path");
        for (size_t i = 0; i < (media ? sizeof types / sizeof *types : 2); i++) server_send(&s, 7, 7, types[i], 1, "", 0);
        server_send(&s, 6, 20, 9, 1, "video!", 6);
        server_send(&s, 7, 30, 8, 1, "", 0);
        server_send(&s, 6, 40, 8, 1, "audio!", 6);
        if (!media) meet(5);
        for (int n = 0; media && n < 2; n++) {
            RTMPPacket p;
            memset(&p, 0, sizeof p);
            int got = RTMP_GetNextMediaPacket(&r, &p);
            say("  media %d type %d stamp %u size %u\n", got, p.m_packetType, p.m_nTimeStamp, p.m_nBodySize);
            RTMPPacket_Free(&p);
        }
        show_fields(&r);
        end();
    }
}

static void reports(void)
{
    char bytes[60000];
    memset(bytes, 'x', sizeof bytes);
    say("reports\n");
    for (int on = 0; on < 2; on++) {
        playing("rtmp://h/app/path");
        r.m_bSendCounter = on;
        s.chunk = 60000;
        server_number(&s, 1, 60000);
        server_number(&s, 6, 1000000);
        for (int i = 0; i < 8; i++) server_send(&s, 5, 10 + i, 9, 1, bytes, sizeof bytes);
        for (int i = 0; i < 10; i++) {
            RTMPPacket p;
            memset(&p, 0, sizeof p);
            if (!RTMP_ReadPacket(&r, &p)) break;
            say("  handled %d in %d\n", RTMP_ClientPacket(&r, &p), r.m_nBytesIn);
            RTMPPacket_Free(&p);
        }
        server_show(&s);
        end();
    }
}

static void before_play(void)
{
    say("media before the play\n");
    char url[] = "rtmp://h/app/path";
    client_on(&r, url, server_pair(&s));
    server_greet(&s);
    server_send(&s, 5, 3, 8, 1, "audio!", 6);
    server_accept(&s, 1, 2);
    server_send(&s, 5, 3, 9, 1, "video!", 6);
    server_invoke(&s, "sn0", "_result", 3.0);
    say("  connect %d\n", RTMP_Connect1(&r, NULL));
    say("  stream %d\n", RTMP_ConnectStream(&r, 3000));
    say("  again %d\n", RTMP_ConnectStream(&r, 0));
    server_show(&s);
    show_fields(&r);
    say("  pause %d\n", RTMP_Pause(&r, 1));
    say("  unpause %d\n", RTMP_Pause(&r, 0));
    say("  seek %d\n", RTMP_SendSeek(&r, 4000));
    RTMP_SetBufferMS(&r, 99);
    RTMP_UpdateBufferMS(&r);
    server_show(&s);
    show_fields(&r);
    end();
    say("a connection after one that timed out\n");
    client_on(&r, url, server_pair(&s));
    r.m_sb.sb_timedout = 1;
    server_greet(&s);
    say("  connect %d", RTMP_Connect1(&r, NULL));
    say(" timedout %d\n", RTMP_IsTimedout(&r));
    end();
    say("the server hangs up\n");
    client_on(&r, url, server_pair(&s));
    server_greet(&s);
    server_accept(&s, 1, 2);
    shutdown(s.fd, SHUT_WR);
    say("  connect %d\n", RTMP_Connect1(&r, NULL));
    say("  stream %d\n", RTMP_ConnectStream(&r, 0));
    server_show(&s);
    show_fields(&r);
    end();
}

int main(void)
{
    options();
    controls();
    protocol();
    invokes();
    media();
    aggregates();
    empty();
    reports();
    before_play();
    return 0;
}
