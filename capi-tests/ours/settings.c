/* What a URL, an option or a session leaves for the next one on the same handle, and settings that only a connection
 * shows. */
#include "ours.h"

static RTMP r;

static int set_up(const char *url)
{
    static char texts[8][128];
    static size_t next;
    char *text = texts[next++ % 8];
    snprintf(text, sizeof texts[0], "%s", url);
    return RTMP_SetupURL(&r, text);
}

static int is(const AVal *value, const char *text)
{
    return value->av_len == (int)strlen(text) && (!*text || !memcmp(value->av_val, text, strlen(text)));
}

static void urls(void)
{
    RTMP_Init(&r);
    check(set_up("rtmp://one:1/first/path") && set_up("rtmp://two/second/other") && is(&r.Link.tcUrl, "rtmp://two/second"),
          "a second URL: tcUrl is of that");
    RTMP_Close(&r);
    check(set_up("rtmp://three/third/path") && is(&r.Link.tcUrl, "rtmp://three/third"), "and after a close");
    RTMP_Close(&r);

    RTMP_Init(&r);
    check(set_up("rtmp://me:secret@h/app/path pubUser=other") && is(&r.Link.pubUser, "other") &&
              is(&r.Link.pubPasswd, "secret"),
          "the option goes before the name in the URL");
    RTMP_Close(&r);
    RTMP_Init(&r);
    check(set_up("rtmp://me:secret@h/app/path") && is(&r.Link.pubUser, "me") && set_up("rtmp://h/app/path") &&
              is(&r.Link.pubUser, "") && is(&r.Link.pubPasswd, ""),
          "name and password of a URL go with it");
    RTMP_Close(&r);
}

static void options(void)
{
    AVal name = AVC("tcUrl"), own;
    RTMP_Init(&r);
    check(set_up("rtmp://h/app/path socks=p:99") && is(&r.Link.sockshost, "p") && r.Link.socksport == 99, "a proxy");
    check(set_up("rtmp://h/app/path socks=q:7") && is(&r.Link.sockshost, "q") && r.Link.socksport == 7, "another");
    check(set_up("rtmp://h/app/path socks=q") && is(&r.Link.sockshost, "q") && r.Link.socksport == 1080,
          "the same at its usual port");
    check(set_up("rtmp://h/app/path socks=") && is(&r.Link.sockshost, "") && !r.Link.socksport, "none");
    RTMP_Close(&r);

    RTMP_Init(&r);
    set_up("rtmp://h/app/path app=other");
    own = r.Link.tcUrl;
    check(is(&own, "rtmp://h:1935/other") && RTMP_SetOpt(&r, &name, &own) && is(&r.Link.tcUrl, "rtmp://h:1935/other"),
          "an option may be set to the text that it has");
    RTMP_Close(&r);

    RTMP_Init(&r);
    check(set_up("rtmp://h/app/path conn=S:a conn=O:1 conn=NN:b:1") && r.Link.extras.o_num == 2 && r.Link.edepth == 1,
          "arguments, with an object that is not closed");
    RTMP_Close(&r);
    check(set_up("rtmp://h/app/path conn=B:1") && r.Link.extras.o_num == 1 && !r.Link.edepth,
          "the next session has its own only");
    RTMP_Close(&r);
    AMF_Reset(&r.Link.extras);
}

static struct in_addr came_from;

static void leaves(struct host *h, struct server *s)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    (void)h;
    if (getpeername(s->fd, (void *)&peer, &size)) die("getpeername");
    came_from = peer.sin_addr;
    pause_ms(100);
    accept_stream(s, "play");
    shutdown(s->fd, SHUT_WR);
    take_rest(s);
}

static void sessions(void)
{
    char bytes[64];
    struct host h;
    struct timeval time = {1, 1};
    socklen_t size = sizeof time;
    static char url[128];
    host_start(&h, leaves, NULL, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=0 bind=127.0.0.2 conn=S:a", 0);
    check(RTMP_Connect(&r, NULL) && RTMP_ConnectStream(&r, 0), "a time-out of 0 is none");
    getsockopt(RTMP_Socket(&r), SOL_SOCKET, SO_RCVTIMEO, &time, &size);
    check(!time.tv_sec && !time.tv_usec, "neither on the socket");
    check(came_from.s_addr == inet_addr("127.0.0.2"), "the local address is that of option bind");
    check(RTMP_Read(&r, bytes, sizeof bytes) == 0 && !RTMP_IsConnected(&r), "the session ends");
    host_end(&h);
    check(set_up("rtmp://h/app/path conn=S:b") && r.Link.extras.o_num == 1, "what conn said of it has gone with the next URL");
    RTMP_Close(&r);
    AMF_Reset(&r.Link.extras);
}

int main(void)
{
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    urls();
    options();
    sessions();
    return 0;
}
