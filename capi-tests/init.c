/* What RTMP_Init and RTMP_SetupStream leave in every field, the simple functions, and the exported objects. */
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char RTMPProtocolStrings[][7];

/* Every word of the structure that is not 0: all of them are plain values or null pointers after RTMP_Init. */
static void show_words(const char *what, const RTMP *r)
{
    size_t i;
    printf("%s\n", what);
    for (i = 0; i < sizeof *r; i += 4) {
        uint32_t word;
        memcpy(&word, (const char *)r + i, sizeof word);
        if (word)
            printf("  %lu: %08x\n", (unsigned long)i, word);
    }
}

#define TEXT(field) printf(" " #field "=[%.*s]", r->Link.field.av_len, r->Link.field.av_val ? r->Link.field.av_val : "")

static void show_link(const char *what, const RTMP *r)
{
    int i;
    printf("%s:", what);
    TEXT(hostname);
    TEXT(sockshost);
    TEXT(playpath0);
    TEXT(playpath);
    TEXT(tcUrl);
    TEXT(swfUrl);
    TEXT(pageUrl);
    TEXT(app);
    TEXT(auth);
    TEXT(flashVer);
    TEXT(subscribepath);
    TEXT(usherToken);
    TEXT(token);
    printf("\n   seek %d stop %d flags %x age %d protocol %d timeout %d socksport %d port %d swf %u ", r->Link.seekTime,
           r->Link.stopTime, r->Link.lFlags, r->Link.swfAge, r->Link.protocol, r->Link.timeout, r->Link.socksport,
           r->Link.port, r->Link.SWFSize);
    for (i = 0; i < RTMP_SWF_HASHLEN; i++)
        printf("%02x", r->Link.SWFHash[i]);
    printf("\n");
}

int main(void)
{
    static AVal none = {NULL, 0}, host = AVC("host"), socks = AVC("proxy:77"), path = AVC("path"), tc_url = AVC("tc"),
                swf = AVC("swf"), page = AVC("page"), app = AVC("app"), auth = AVC("auth"),
                hash = AVC("0123456789abcdef0123456789ABCDEF"), version = AVC("version"), sub = AVC("sub"),
                usher = AVC("usher");
    RTMP *r = malloc(sizeof *r);
    uint32_t before, after;
    int i;
    setvbuf(stdout, NULL, _IONBF, 0);
    RTMP_LogSetOutput(stdout);
    RTMP_LogSetLevel(RTMP_LOGINFO);
    memset(r, 0x5a, sizeof *r);
    RTMP_Init(r);
    show_words("init", r);

    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMP, &host, 0, &socks, &path, &tc_url, &swf, &page, &app, &auth, &hash, 123, &version,
                     &sub, &usher, 1, 2, 1, 33);
    show_link("everything", r);
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMPT, &none, 5, &none, &none, &none, &none, &none, &none, &none, NULL, 9, &none,
                     &none, &none, 0, 0, 0, 0);
    printf("again: %.*s %.*s %d %x\n", r->Link.hostname.av_len, r->Link.hostname.av_val, r->Link.app.av_len,
           r->Link.app.av_val, r->Link.port, r->Link.lFlags);
    RTMP_Init(r);
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMPS, &host, 0, &none, &none, &none, &none, &none, &none, &none, NULL, 123, &none,
                     &none, &none, -5, -6, 2, -1);
    show_link("tls", r);
    RTMP_Init(r);
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMPTE, &host, 0, &none, &none, &none, &none, &none, &none, &none, &hash, 0, &none,
                     &none, &none, 0, 0, 0, 30);
    show_link("no size", r);
    RTMP_Init(r);
    RTMP_SetupStream(r, RTMP_PROTOCOL_RTMPTS | RTMP_FEATURE_WRITE, &host, 70000, &none, &none, &none, &none, &none, &none,
                     &none, NULL, 0, &none, &none, &none, 0, 0, 0, 30);
    show_link("tunnel", r);
    RTMP_Close(r);
    free(r);

    r = RTMP_Alloc();
    for (i = 0; i < (int)sizeof *r && !((char *)r)[i]; i++)
        ;
    printf("%d zero bytes\n", i);
    RTMP_Init(r);
    printf("socket %d connected %d timed out %d duration %g\n", RTMP_Socket(r), RTMP_IsConnected(r), RTMP_IsTimedout(r),
           RTMP_GetDuration(r));
    r->m_sb.sb_socket = 77;
    r->m_sb.sb_timedout = 1;
    r->m_fDuration = 2.5;
    printf("socket %d connected %d timed out %d duration %g\n", RTMP_Socket(r), RTMP_IsConnected(r), RTMP_IsTimedout(r),
           RTMP_GetDuration(r));
    RTMP_SetBufferMS(r, -3);
    r->Link.protocol = RTMP_PROTOCOL_RTMPS;
    RTMP_EnableWrite(r);
    printf("buffer %d protocol %x version %x\n", r->m_nBufferMS, r->Link.protocol, RTMP_LibVersion());
    RTMP_Free(r);
    RTMP_Free(NULL);

    before = RTMP_GetTime();
    for (i = 0; i < 1000; i++) {
        after = RTMP_GetTime();
        if (after - before > 60000)
            printf("the clock went from %u to %u\n", before, after);
        before = after;
    }
    printf("interrupt %d", RTMP_ctrlC);
    RTMP_UserInterrupt();
    printf(" %d\n", RTMP_ctrlC);
    printf("flash version %d [%s]\n", RTMP_DefaultFlashVer.av_len, RTMP_DefaultFlashVer.av_val);
    for (i = 0; i < 9; i++)
        printf("%d %s %s\n", i, RTMPProtocolStrings[i], RTMPProtocolStringsLower[i]);
    return 0;
}
