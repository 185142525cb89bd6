/* RTMP_Read: which bytes each call returns, in every way a stream can go. */
#include "rtmp_server.h"

static RTMP r;
static struct server s;
static char url[] = "rtmp://h/app/path", live_url[] = "rtmp://h/app/path live=1";
static char bytes[70000];
static char out[200000];

static void begin(char *where)
{
    char text[64];
    snprintf(text, sizeof text, "%s", where);
    static char kept[64];
    memcpy(kept, text, sizeof kept);
    client_on(&r, kept, server_pair(&s));
    server_greet(&s);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    if (!RTMP_Connect1(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("  did not start\n");
    server_take(&s);
    s.greeted = 0;
    s.in_len = 0;
}

static void end(void)
{
    RTMP_Close(&r);
    server_end(&s);
}

static void video(unsigned stamp, size_t n) { server_send(&s, 5, stamp, 9, 1, bytes, n); }
static void audio(unsigned stamp, size_t n) { server_send(&s, 6, stamp, 8, 1, bytes + 100, n); }

static void metadata(const char *format, ...)
{
    struct body b = {.n = 0};
    va_list list;
    va_start(list, format);
    vamf(&b, format, list);
    va_end(list);
    server_send(&s, 4, 0, 18, 1, b.bytes, b.n);
}

/* Reads until nothing comes, in pieces of the size; shows each call, or all bytes at the end. */
static void reads(int size, int each)
{
    unsigned char *all = malloc(1 << 20);
    size_t total = 0;
    for (int i = 0; i < 20000; i++) {
        errno = 0;
        int n = RTMP_Read(&r, out, size);
        if (n <= 0 || each) {
            say("  read %d", n);
            if (n < 0) say(" EINVAL %d", errno == EINVAL);
            if (n > 0) say(" "), show_hex((unsigned char *)out, (size_t)n);
            say(" stamp %u type %d flags %d status %d", r.m_read.timestamp, r.m_read.dataType, r.m_read.flags,
                r.m_read.status);
            say("\n");
        }
        if (n <= 0) break;
        memcpy(all + total, out, (size_t)n);
        total += (size_t)n;
    }
    say("  %zu bytes: ", total);
    show_hex(all, total);
    say("\n");
    free(all);
}

static void hang_up(void) { shutdown(s.fd, SHUT_WR); }

static void stop(void) { server_status(&s, "status", "NetStream.Play.Stop"); }

static void a_film(void)
{
    metadata("sekn}", "onMetaData", "duration", 3.0);
    video(0, 300);
    audio(0, 20);
    video(40, 200);
    audio(43, 20);
    video(80, 6);
    audio(83, 2);
    video(0x1000000, 50);
}

static void sizes(void)
{
    static const int all[] = {1, 2, 7, 11, 12, 13, 15, 16, 17, 100, 315, 316, 4096, 65536, 200000};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        say("a film, read by %d bytes\n", all[i]);
        begin(url);
        a_film();
        hang_up();
        reads(all[i], all[i] > 99);
        end();
    }
}

/* What the first call collects. */
static void beginnings(void)
{
    for (int which = 0; which < 11; which++) {
        say("beginning %d\n", which);
        begin(which == 9 ? live_url : url);
        if (which == 0) video(0, 10), video(0, 10), video(10, 10), video(20, 10);
        if (which == 1) audio(0, 10), video(0, 10), video(0, 10), video(20, 10), video(30, 10);
        if (which == 2) video(5, 10), audio(6, 10), audio(7, 10);
        if (which == 3) metadata("s{knkn}", "onMetaData", "videox", 1.0, "audiox", 1.0), video(0, 10), video(0, 10), audio(0, 10);
        if (which == 4) metadata("sekn}", "onMetaData", "videox", 1.0), metadata("ss", "onMetaData", "x"), video(9, 10), video(10, 10);
        if (which == 5) for (int i = 0; i < 40; i++) video(0, 5000);
        if (which == 6) metadata("sn", "onCuePoint", 1.0), audio(0, 10), video(3, 10), audio(4, 10);
        if (which == 8) video(0, 3), audio(0, 1), video(0, 0), audio(0, 2), video(0, 6), video(1, 6);
        if (which == 9) a_film();
        if (which == 10) {
            audio(0, 0), video(0, 0), server_send(&s, 5, 0, 22, 1, bytes, 0), server_send(&s, 4, 0, 18, 1, bytes, 0);
            metadata("sekn}", "onMetaData", "videox", 1.0), video(0, 10), video(40, 10);
        }
        hang_up();
        reads(sizeof out, 1);
        end();
    }
}

static void tag(struct body *b, int type, unsigned stamp, size_t n, int wrong)
{
    put_be(b, (unsigned)type, 1), put_be(b, (unsigned)n, 3), put_be(b, stamp & 0xffffff, 3), put_be(b, stamp >> 24, 1);
    put_be(b, 0, 3);
    put(b, bytes, n);
    put_be(b, (unsigned)n + 11 + (unsigned)wrong, 4);
}

static void aggregates(void)
{
    for (int which = 0; which < 8; which++) {
        struct body b = {.n = 0};
        say("aggregate %d\n", which);
        begin(which == 7 ? live_url : url);
        video(0, 10), video(10, 10);
        tag(&b, 9, which == 1 ? 0 : 1000, 20, which == 2);
        tag(&b, 8, which == 1 ? 40 : 1040, 20, which == 2);
        if (which == 6) tag(&b, 9, 1050, 3, 0), tag(&b, 8, 1050, 1, 0), tag(&b, 8, 1050, 0, 0);
        tag(&b, 9, which == 1 ? 80 : 1080, 20, 0);
        if (which == 3) b.n -= 4;
        if (which == 4) b.n -= 14;
        if (which == 5) put(&b, "\x09\0\0\1\0\0", 6);
        server_send(&s, 5, which == 1 || which == 7 ? 5000 : 1000, 22, 1, b.bytes, b.n);
        video(6000, 10);
        stop();
        reads(sizeof out, 1);
        end();
    }
    struct body b = {.n = 0};
    say("aggregate in small pieces\n");
    begin(url);
    tag(&b, 9, 0, 200, 0), tag(&b, 8, 30, 20, 0);
    server_send(&s, 5, 0, 22, 1, b.bytes, b.n);
    video(50, 10);
    hang_up();
    reads(50, 1);
    end();
}

static void resume_from(const char *frame, unsigned n, int type, unsigned stamp)
{
    static char meta[64];
    struct body b;
    amf(&b, "sekn}", "onMetaData", "duration", 3.0);
    memcpy(meta, b.bytes, b.n);
    r.m_read.flags |= RTMP_READ_RESUME;
    r.m_read.metaHeader = meta;
    r.m_read.nMetaHeaderSize = (unsigned)b.n;
    r.m_read.initialFrame = (char *)(uintptr_t)frame;
    r.m_read.nInitialFrameSize = n;
    r.m_read.initialFrameType = (uint8_t)type;
    r.m_read.nResumeTS = stamp;
}

static void resuming(void)
{
    for (int which = 0; which < 14; which++) {
        say("resume %d\n", which);
        begin(url);
        resume_from(bytes, 200, 9, 40);
        if (which == 1) metadata("sekn}", "onMetaData", "duration", 4.0);
        else metadata("sekn}", "onMetaData", "duration", 3.0);
        if (which == 2) for (int i = 0; i < 60; i++) audio(0, 20);
        if (which == 3) video(0, 300), video(0, 200), video(0, 210), audio(0, 20), video(40, 20), video(0, 20);
        if (which == 4) for (int i = 0; i < 60; i++) metadata("sn", "onCuePoint", 1.0);
        if ((which >= 5 && which <= 6) || (which >= 9 && which <= 11)) {
            struct body b = {.n = 0};
            unsigned own = which == 5 ? 0 : 40, frame = which == 11 ? 41 : 40;
            tag(&b, 9, own, 10, 0), tag(&b, 9, frame, 200, 0), tag(&b, 8, 50, 20, 0), tag(&b, 9, 80, 30, 0);
            server_send(&s, 5, which == 9 ? 40 : which == 10 ? 7 : 0, 22, 1, b.bytes, b.n);
        }
        if (which == 8) video(0, 200), audio(3, 20), video(40, 60);
        if (which >= 12) r.m_read.flags |= RTMP_READ_HEADER;
        if (which == 12) video(0, 200), audio(3, 20);
        if (which == 13) video(41, 200), video(39, 200);
        if (which == 7) r.m_read.initialFrameType = 0, video(0, 300);
        if (which == 0) video(0, 300), audio(0, 20), video(40, 200), audio(43, 20), video(80, 60);
        video(120, 10);
        hang_up();
        reads(sizeof out, 1);
        say("  ignored %u/%u\n", r.m_read.nIgnoredFrameCounter, r.m_read.nIgnoredFlvFrameCounter);
        r.m_read.metaHeader = r.m_read.initialFrame = NULL;
        end();
    }
}

static void endings(void)
{
    say("an end before any media\n");
    begin(url);
    stop();
    reads(sizeof out, 1);
    end();
    say("an end before any media, of a stream with sound and picture\n");
    begin(url);
    metadata("sekn}", "onMetaData", "videocodecid", 7.0);
    metadata("sekn}", "onMetaData", "audiocodecid", 10.0);
    RTMPPacket p;
    memset(&p, 0, sizeof p);
    for (int i = 0; i < 2; i++) {
        say("  media %d\n", RTMP_GetNextMediaPacket(&r, &p));
        RTMPPacket_Free(&p);
    }
    audio(0, 1);
    hang_up();
    reads(sizeof out, 1);
    end();
    static const char *codes[] = {"NetStream.Play.Stop", "NetStream.Play.Complete", "NetStream.Play.UnpublishNotify",
                                  "NetStream.Failed", "NetStream.Play.StreamNotFound"};
    for (size_t i = 0; i < 5; i++) {
        say("%s\n", codes[i]);
        begin(url);
        video(10, 10);
        video(20, 10);
        server_status(&s, "status", codes[i]);
        reads(sizeof out, 1);
        reads(sizeof out, 1);
        show_fields(&r);
        end();
    }
    say("statuses\n");
    for (int status = -4; status < 1; status++) {
        begin(url);
        video(10, 10);
        hang_up();
        r.m_read.status = (int8_t)status;
        errno = 0;
        int n = RTMP_Read(&r, out, sizeof out);
        say("  status %d: %d EINVAL %d status %d\n", status, n, errno == EINVAL, r.m_read.status);
        end();
    }
}

static void seeking(void)
{
    say("seek\n");
    begin(url);
    video(10, 10);
    video(20, 10);
    int n = RTMP_Read(&r, out, 20);
    say("  read %d\n", n);
    say("  seek %d\n", RTMP_SendSeek(&r, 5000));
    server_status(&s, "status", "NetStream.Seek.Notify");
    video(5000, 10);
    video(5040, 10);
    hang_up();
    reads(sizeof out, 1);
    end();
}

static void silence(void)
{
    say("silence\n");
    begin(url);
    struct timeval wait = {0, 100000};
    setsockopt(r.m_sb.sb_socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    video(10, 10);
    video(20, 10);
    reads(sizeof out, 1);
    show_fields(&r);
    end();
}

int main(void)
{
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(0x17 + i * 13 / 8);
    sizes();
    beginnings();
    aggregates();
    resuming();
    endings();
    seeking();
    silence();
    return 0;
}
