/* What RTMP_SetupStream leaves in the fields, and which lines it prints at DEBUG. */
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static AVal none = {NULL, 0};

/* Every line with its level, as programs get them that have a log of their own. */
static void show_line(int level, const char *format, va_list list)
{
    char text[4096];
    vsnprintf(text, sizeof text, format, list);
    printf("  log %d [%s]\n", level, text);
}

static void show_text(const char *name, AVal text)
{
    if (text.av_len) printf("  %s=[%.*s]", name, text.av_len, text.av_val);
}

static void show_fields(const RTMP *r)
{
    show_text("hostname", r->Link.hostname);
    show_text("sockshost", r->Link.sockshost);
    show_text("playpath0", r->Link.playpath0);
    show_text("playpath", r->Link.playpath);
    show_text("tcUrl", r->Link.tcUrl);
    show_text("swfUrl", r->Link.swfUrl);
    show_text("pageUrl", r->Link.pageUrl);
    show_text("app", r->Link.app);
    show_text("auth", r->Link.auth);
    show_text("flashVer", r->Link.flashVer);
    show_text("subscribepath", r->Link.subscribepath);
    show_text("usherToken", r->Link.usherToken);
    show_text("token", r->Link.token);
    printf("\n  seek %d stop %d flags %x protocol %d timeout %d socksport %d port %d swf %u hash %02x..%02x\n",
           r->Link.seekTime, r->Link.stopTime, r->Link.lFlags, r->Link.protocol, r->Link.timeout, r->Link.socksport,
           r->Link.port, r->Link.SWFSize, (unsigned char)r->Link.SWFHash[0],
           (unsigned char)r->Link.SWFHash[RTMP_SWF_HASHLEN - 1]);
}

static RTMP *fresh(const char *what)
{
    RTMP *r = RTMP_Alloc();
    printf("%s\n", what);
    RTMP_Init(r);
    return r;
}

static void done(RTMP *r)
{
    show_fields(r);
    RTMP_Close(r);
    RTMP_Free(r);
}

/* Only a host, at this level. */
static void at_level(RTMP_LogLevel level)
{
    static AVal host = AVC("host");
    RTMP *r = fresh("a host alone");
    RTMP_LogSetLevel(level);
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMP, &host, 0, &none, &none, &none, &none, &none, &none, &none, NULL, 0, &none,
                     &none, &none, 0, 0, 0, 30);
    done(r);
}

/* Each text alone, so that the title of each line is seen by itself. */
static void each_text(void)
{
    static AVal text = AVC("text"), socks = AVC("text:7");
    static const char *const names[] = {"sockshost", "playpath", "tcUrl", "swfUrl", "pageUrl", "app",
                                        "auth", "flashVer", "subscribepath", "usherToken"};
    for (int i = 0; i < 10; i++) {
        RTMP *r = fresh(names[i]);
        AVal *at[10];
        for (int k = 0; k < 10; k++) at[k] = k == i ? k ? &text : &socks : &none;
        RTMP_SetupStream(r, RTMP_PROTOCOL_RTMP, &none, 1, at[0], at[1], at[2], at[3], at[4], at[5], at[6], NULL, 0, at[7],
                         at[8], at[9], 0, 0, 0, 1);
        done(r);
    }
}

/* Everything at once, and what is kept of it by a second call that gives nothing. */
static void everything_and_nothing(void)
{
    static AVal host = AVC("host"), socks = AVC("proxy"), path = AVC("path"), tc_url = AVC("rtmp://host/app"),
                swf = AVC("http://h/a.swf"), page = AVC("http://h/"), app = AVC("app"), auth = AVC("auth"),
                hash = AVC("0123456789abcdef0123456789ABCDEF"), version = AVC("LNX 1,2,3,4"), sub = AVC("sub"),
                usher = AVC("usher");
    RTMP *r = fresh("everything");
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMPE, &host, 0, &socks, &path, &tc_url, &swf, &page, &app, &auth, &hash, 123,
                     &version, &sub, &usher, 1, 2, 1, 33);
    show_fields(r);
    printf("again, with nothing\n");
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMPT, &none, 0, &none, &none, &none, &none, &none, &none, &none, NULL, 0, &none,
                     &none, &none, 0, 0, 0, 0);
    done(r);
}

/* What stands behind a question mark, and who is admitted by what, is not shown by ours. */
static void secrets(void)
{
    static AVal host = AVC("host"), url = AVC("rtmp://host/app?key=secret"), secret = AVC("secret"), path = AVC("path?key=secret");
    RTMP *r = fresh("secrets");
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMP, &host, 70000, &none, &path, &url, &url, &url, &path, &secret, NULL, 0, &none,
                     &path, &secret, 0, 0, 0, 30);
    done(r);
}

static void numbers(void)
{
    static const int protocols[] = {RTMP_PROTOCOL_RTMP,  RTMP_PROTOCOL_RTMPT,  RTMP_PROTOCOL_RTMPE, RTMP_PROTOCOL_RTMPTE,
                                    RTMP_PROTOCOL_RTMPS, RTMP_PROTOCOL_RTMPTS, RTMP_PROTOCOL_RTMPS | RTMP_FEATURE_WRITE};
    static AVal host = AVC("host");
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        RTMP *r = fresh("a protocol");
        RTMP_SetupStream(r, protocols[i], &host, 0, &none, &none, &none, &none, &none, &none, &none, NULL, 0, &none, &none,
                         &none, (int)i - 3, 3000, i % 2 == 1, (long)i * 10);
        done(r);
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    RTMP_LogSetCallback(show_line);
    for (int level = RTMP_LOGINFO; level <= RTMP_LOGALL; level++) at_level((RTMP_LogLevel)level);
    RTMP_LogSetLevel(RTMP_LOGDEBUG);
    each_text();
    everything_and_nothing();
    secrets();
    numbers();
    return 0;
}
