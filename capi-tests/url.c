/* RTMP_ParseURL, RTMP_ParsePlaypath and RTMP_SetupURL on many URLs: the recorded vectors (data/url-vectors.txt, read
 * from the current directory) and our own. */
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void parse_url(const char *url)
{
    int protocol = 0;
    unsigned int port = 0;
    AVal host = {NULL, 0}, playpath = {NULL, 0}, app = {NULL, 0};
    int ok = RTMP_ParseURL(url, &protocol, &host, &port, &playpath, &app);
    printf("PU %s\n   r=%d proto=%d host=%.*s port=%u app=[%.*s] pp=[%.*s]", url, ok, protocol, host.av_len,
           host.av_val ? host.av_val : "", port, app.av_len, app.av_val ? app.av_val : "", playpath.av_len,
           playpath.av_val ? playpath.av_val : "");
    printf(" host at %ld, app at %ld\n", host.av_val ? (long)(host.av_val - url) : -1L,
           app.av_val ? (long)(app.av_val - url) : -1L);
    free(playpath.av_val);
}

static void setup_url(const char *text)
{
    char *url = strdup(text);
    RTMP *r = RTMP_Alloc();
    int ok;
    RTMP_Init(r);
    ok = RTMP_SetupURL(r, url);
    printf("SU %s\n   ret=%d proto=%d host=[%.*s] port=%d tcUrl=[%.*s] app=[%.*s] pp0=[%.*s] pp=[%.*s]\n", text, ok,
           r->Link.protocol, r->Link.hostname.av_len, r->Link.hostname.av_val, r->Link.port, r->Link.tcUrl.av_len,
           r->Link.tcUrl.av_val, r->Link.app.av_len, r->Link.app.av_val, r->Link.playpath0.av_len,
           r->Link.playpath0.av_val, r->Link.playpath.av_len, r->Link.playpath.av_val);
    printf("   lF=%x swf=[%.*s] buf=%d to=%d age=%d seek=%d stop=%d extras=%d depth=%d socks=[%.*s]:%d\n",
           r->Link.lFlags, r->Link.swfUrl.av_len, r->Link.swfUrl.av_val, r->m_nBufferMS, r->Link.timeout,
           r->Link.swfAge, r->Link.seekTime, r->Link.stopTime, r->Link.extras.o_num, r->Link.edepth,
           r->Link.sockshost.av_len, r->Link.sockshost.av_val, r->Link.socksport);
    printf("   in place: %s\n", url);
    AMF_Reset(&r->Link.extras);
    RTMP_Close(r);
    RTMP_Free(r);
    free(url);
}

static void parse_playpath(const char *text)
{
    AVal in = {(char *)text, (int)strlen(text)}, out = {NULL, 0};
    RTMP_ParsePlaypath(&in, &out);
    printf("PP %s\n   [%.*s] %d nul=%d\n", text, out.av_len, out.av_val ? out.av_val : "", out.av_len,
           out.av_val ? out.av_val[out.av_len] : -1);
    free(out.av_val);
}

static void vectors(const char *path)
{
    char line[2048];
    int n = 0;
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("cannot open %s\n", path);
        exit(1);
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "PU ", 3)) {
            char *end = strstr(line, " r=");
            while (end > line + 3 && end[-1] == ' ')
                end--;
            *end = 0;
            parse_url(strlen(line) > 3 ? line + 3 : "");
            n++;
        } else if (!strncmp(line, "SU ", 3)) {
            setup_url(line + 3);
            n++;
        }
    }
    fclose(file);
    printf("%d vectors\n", n);
}

static const char *const urls[] = {
    "rtmp", "rtmp:", "rtmp:/", "rtmp:/h/a", "://h/a/b", "x://h/a/b", "rtmpx://h/a/b", "rtmfp://h/a/b", "RtMpTs://h/a/b",
    "rtmps://h:443/a/b", "rtmpe://h/a/b", "rtmpt://h/a/b", "rtmp:///a/b", "rtmp://h:/a/b", "rtmp://h:0/a/b",
    "rtmp://h:x/a/b", "rtmp://h:12x/a/b", "rtmp://h:65535/a/b", "rtmp://h:65536/a/b", "rtmp://h:-5/a/b",
    "rtmp://h: 5/a/b", "rtmp://h:5", "rtmp://h:5/", "rtmp://h//", "rtmp://h//a", "rtmp://h//a/b", "rtmp://h/a//b",
    "rtmp://h/a//", "rtmp://h/a/b/", "rtmp://h/a/b/c", "rtmp://h/a/b/c/", "rtmp://h/a/b/c/d", "rtmp://h/a/b//c/d",
    "rtmp://h/a/b/c/d/e/f.flv", "rtmp://h/a?b", "rtmp://h/a?b/c", "rtmp://h/?a", "rtmp://h/a/b?c", 
    "rtmp://h/a/b/c?d", "rtmp://h/a?x=1&y=2/b?z=3", "rtmp://h?a", "rtmp://h?a/b",
    "rtmp://h/ondemand", "rtmp://h/ondemand/", "rtmp://h/ondemand/a", "rtmp://h/ondemand/a/b/c/d.flv",
    "rtmp://h/ondemandx/a/b", "rtmp://h/ondemand?a/b", "rtmp://h/ONDEMAND/a/b/c", "rtmp://h/x/ondemand/a/b",
    "rtmp://h/a?slist=b", "rtmp://h/a?slist=b/c", "rtmp://h/a/b?slist=c", "rtmp://h/a/b?slist=c.mp4&d=e",
    "rtmp://h/a/b?x=1&slist=c/d", "rtmp://h/a/slist=b", "rtmp://h/a?b&slist=", "rtmp://h/slist=?b",
    "rtmp://h/a?slist=%41", "rtmp://h/a/mp4:b/c.mp4", "rtmp://h/a/b.mp4", "rtmp://h/a/b/c.mp3", "rtmp://h/a/mp3:b.mp3",
    "rtmp://h/a/b.flv?x=y", "rtmp://h/a/b.mp4?x=y", "rtmp://h/a/b.f4v", "rtmp://h/a/x%20y", "rtmp://h/a%20b/c",
    "rtmp://h.example.org:1935/app/inst/st", "rtmp://1.2.3.4/app/st", "rtmp://h/a/b c", "rtmp://h/a/b#c",
    "rtmp://h/a/\xc3\xa9", "  rtmp://h/a/b", "rtmp://h/a/b://c", "rtmp://h://a/b",
};

/* Refused with a log line: options.c looks at the lines. */
static const char *const refused_setups[] = {
    "rtmp://h/a/b   live=1", "rtmp://h/a/b live live=1", "rtmp://h/a/b =1", "rtmp://h/a/b =", "rtmp://h/a/b playpath=a\\2",
    "rtmp://h/a/b playpath=a\\", "rtmp://h/a/b playpath=a\\ live=1", "rtmp://h/a/b playpath=a\\4 live=1",
    "rtmp://h/a/b bogus=1", "rtmp://h/a/b bogus=1 live=1", "rtmp://h/a/b live=1 bogus=1 playlist=1", "rtmp://h/a/b auth=x",
    "rtmp://h/a/b swfSize=1", "rtmp://h/a/b conn=X", "rtmp://h/a/b conn=NN:a:1",
};

/* Where ours deliberately does better than the reference. */
static const char *const better_urls[] = {
    "rtmp://h/a/b?c/d", "rtmp://h/a/b/c?d/e/f", "rtmp://[::1]:1935/a/b", "rtmp://[fe80::1%25eth0]/a/b", "rtmp://[::1]", "rtmp://[::1]/", "rtmp://[::1/a/b",
    "rtmp://[::1]x/a/b", "rtmp://[::1]:/a/b", "rtmp://[]/a/b", "rtmp://h/app/stream?token=a/b",
    "rtmp://h/app/inst/stream?token=a/b/c", "rtmp://h/app?x=a/b/stream", "rtmp://u:p@h/a/b", "rtmp://u:p@h:99/a/b",
    "rtmp://u@h/a/b", "rtmp://u:p@[::1]:99/a/b", "rtmp://u:a@b@h/a",
};

static const char *const playpaths[] = {
    "", "a", "a.flv", ".flv", "a.FLV", "a.mp4", "a.MP4", "mp4:a.mp4", "MP4:a.mp4", "a.f4v", "mp4:a.f4v", "a.mp3", "mp3:a.mp3",
    "mp3:a.mp4", "mp4:a.mp3", "a.mp4?x=1", "mp4:a.mp4?x=1", "a.mp4?x=1.flv", "a?x=1.mp4", "a?x.mp4?y", "a.mp4x", "a.flv?",
    "a.flv?b.flv", "a.mp4/b", "x/a.mp4", "flv:a.flv", "mp4:", ".mp4", "mp4", "flv", "x.fl", "a%20b", "%41%42%43", "a%2fb.mp4", "%61.mp4", "a%2e.mp4", "a%2Eflv",
    "a%00b", "?a", "?slist=a", "?slist=a.flv", "?slist=a.mp4", "?slist=a&b=c", "?slist=", "?x=1&slist=abc&y",
    "?slist", "slist=a", "a?slist=b", "?slist=a%20b", "?slist=mp4:a.mp4", "?slist=a?x.mp4", "?slist=a.mp3&x", "?slist=&slist=b", "a+b", "a.mp3?x", ".mp3?",
    "?x.mp4", "?.mp4",
};

/* The reference puts bytes that it has not set in place of a bad escape: only lengths can be compared. */
static void bad_escapes(const char *text)
{
    AVal in = {(char *)text, (int)strlen(text)}, out = {NULL, 0};
    RTMP_ParsePlaypath(&in, &out);
    printf("PP %s\n   length %d nul=%d\n", text, out.av_len, out.av_val[out.av_len]);
    free(out.av_val);
}

static const char *const better_playpaths[] = {"a%", "a%4", "%g1", "%1g", "a%%41", "%-1", "% 1", "%+1", "100%.flv", "%4.mp4", "?slist=%"};

static const char *const setups[] = {
    "", "x", "rtmp://h", "rtmp://h/", "rtmp://h/a", "rtmp://h/a/", "rtmp://h/a/b/c/d.flv", "rtmp://h:1234/a/b", "rtmps://h/a/b", "rtmpt://h/a/b", "rtmpts://h/a/b", "rtmpe://h/a/b",
    "rtmpte://h/a/b", "rtmfp://h/a/b", "xyz://h/a/b", "rtmp://h/a?slist=b/c.flv", "rtmp://h/ondemand/a/b",
    "rtmp://h:5/a/b app=x", "rtmps://h:5/a/b app=x/y", "rtmp://h:5 app=x", "rtmp://h:5/ app=x", "rtmp://h:5/a app=x playpath=p.flv", "rtmp://h:5/a/b playpath=p", "rtmp://h:5/a/b playpath=",
    "rtmp://h/a/b tcUrl=rtmp://z/q", "rtmp://h:5/a/b app=x tcUrl=rtmp://z/q", "rtmp://h/a/b ", "rtmp://h/a/b  ", "rtmp://h/a/b live=1 ",
    "rtmp://h/a/b live=1   playpath=x  ", "rtmp://h/a/b live", "rtmp://h/a/b live=1 bogus", "rtmp://h/a/b live=",
    "rtmp://h/a/b playpath=a\\20b\\5cc", "rtmp://h/a/b playpath=\\41\\42", 
    "rtmp://h/a/b playpath=a=b=c", "rtmp://h/a/b PLAYPATH=q", "rtmp://h/a/b LIVE=YES", "rtmp://h/a/b live=on", "rtmp://h/a/b live=On", "rtmp://h/a/b live=true", "rtmp://h/a/b live=2", "rtmp://h/a/b live=11",
    "rtmp://h/a/b live=y", "rtmp://h/a/b live=yesx", "rtmp://h/a/b playlist=1 live=1 swfVfy=1", "rtmp://h/a/b start=10 stop=20 buffer=30 timeout=40 swfAge=50", "rtmp://h/a/b start=-1 stop=010 buffer=0x10 timeout= swfAge=x",
    "rtmp://h/a/b start=12x", "rtmp://h/a/b start=99999999999", "rtmp://h/a/b start=\\2b5", "rtmp://h/a/b start=\\20\\205", "rtmp://h/a/b start=0x", "rtmp://h/a/b start=09", "rtmp://h/a/b swfurl=http://x/y.swf pageUrl=http://x/",
    "rtmp://h/a/b socks=p", "rtmp://h/a/b socks=p:99", "rtmp://h/a/b socks=", 
    "rtmp://h/a/b swfVfy=1", "rtmp://h/a/b pubUser=u pubPasswd=p token=t jtv=j subscribe=s flashver=f",
    "rtmp://h/a/b live=1\tplaylist=1", "rtmp://h/a/b\tlive=1", "rtmp://h/a/b conn=S:a\\20b", "rtmp://h/a/b app=", "rtmp://h/a/b tcUrl=",
};

static const char *const better_setups[] = {
    "rtmp://h/a/b app=foo", "rtmps://h/a/b app=foo", "rtmpt://h/a/b app=foo", "rtmp://[::1]/a/b", "rtmp://[::1]:99/a/b app=x",
    "rtmp://u:p@h/a/b", "rtmp://u:p@h/a/b pubUser=x", "rtmp://h/a/b?t=x/y", "rtmp://h/a/b chunk=4096", "rtmp://h/a/b chunk=0",
    "rtmp://h/a/b tlsVerify=0 tlsCaFile=x bind=1.2.3.4", "rtmp://h/a/b socks=p:", "rtmp://h/a/b socks=p:x", "rtmp://h/a/b socks=1.2.3.4:70000", "rtmp://h/a/b socks=:5",
    "rtmp://h/a/b socks=socks4a://p:1", "rtmp://h/a/b socks=socks5://u:p@p:2",
    "rtmp://h/a/b socks=socks5h://p", "rtmp://h/a/b socks=http://u:p@p:8080", "rtmp://h/a/b socks=ftp://p", "rtmp://h/a/b socks=[::1]:99",
};

#define EACH(list, function)                                        \
    do {                                                            \
        size_t i;                                                   \
        for (i = 0; i < sizeof(list) / sizeof *(list); i++)         \
            function((list)[i]);                                    \
    } while (0)

static void long_host(int n)
{
    char *url = malloc((size_t)n + 100);
    int protocol = 7;
    unsigned int port = 7;
    AVal host = {NULL, 0}, playpath = {NULL, 0}, app = {NULL, 0};
    int ok;
    strcpy(url, "rtmp://");
    memset(url + 7, 'h', (size_t)n);
    strcpy(url + 7 + n, ":80/app/play");
    ok = RTMP_ParseURL(url, &protocol, &host, &port, &playpath, &app);
    printf("host of %d bytes: %d, %d port %u app %d playpath %d\n", n, ok, host.av_len, port, app.av_len, playpath.av_len);
    free(playpath.av_val);
    free(url);
}

/* One session after another with the same structure. */
static void again(void)
{
    char *first = strdup("rtmp://h:1/a/b.mp4"), *second = strdup("rtmps://k/c/d");
    RTMP r;
    memset(&r, 0x5a, sizeof r);
    RTMP_Init(&r);
    printf("again %d", RTMP_SetupURL(&r, first));
    RTMP_Close(&r);
    RTMP_Init(&r);
    printf(" %d", RTMP_SetupURL(&r, second));
    printf(" %.*s %.*s %d\n", r.Link.tcUrl.av_len, r.Link.tcUrl.av_val, r.Link.playpath.av_len, r.Link.playpath.av_val,
           r.Link.port);
    RTMP_Close(&r);
    RTMP_Close(&r);
    free(first);
    free(second);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    RTMP_LogSetOutput(stdout);
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    vectors("data/url-vectors.txt");
    RTMP_LogSetLevel(RTMP_LOGWARNING);
    EACH(urls, parse_url);
    EACH(playpaths, parse_playpath);
    EACH(setups, setup_url);
    long_host(255);
    long_host(256);
    long_host(1000);
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    EACH(refused_setups, setup_url);
    again();
    EACH(better_urls, parse_url);
    EACH(better_playpaths, bad_escapes);
    EACH(better_setups, setup_url);
    return 0;
}
