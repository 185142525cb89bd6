/* The session id of an RTMPT tunnel in m_clientID: there while the session is, gone with it, and gone where the tunnel
 * opens but the handshake through it fails. And a session that is closed says so to the server. */
#include "ours/ours.h"
#include <signal.h>

enum { ATTEMPTS = 5 };

/* What the server answers to the requests behind "open". */
enum way { GOES_ON, REFUSES, LEAVES };

static int said_close;

/* Takes a request with its body; 0 at the end of the connection. */
static int take_request(struct server *s)
{
    char head[2048] = "";
    size_t n = 0, length = 0;
    while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4)) {
        if (n + 1 >= sizeof head || !take(s, head + n, 1)) return 0;
        head[++n] = 0;
    }
    const char *field = strstr(head, "Content-length: ");
    if (field) length = (size_t)atoi(field + 16);
    said_close |= strstr(head, "POST /close/an-id-of-the-servers/") == head;
    for (char byte; length; length--)
        if (!take(s, &byte, 1)) return 0;
    return 1;
}

static void answer(struct server *s, const char *status, const void *body, size_t n)
{
    char head[128];
    snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status, n);
    send_all(s, head, strlen(head));
    send_all(s, body, n);
}

static void script(struct host *h, struct server *s)
{
    static unsigned char hello[1 + 1 + 2 * HANDSHAKE] = {1, 3};
    enum way way = *(const enum way *)h->argument;
    if (!take_request(s)) return;
    answer(s, "200 OK", "an-id-of-the-servers\n", 21);
    if (!take_request(s) || way == LEAVES) return;
    if (way == REFUSES) answer(s, "404 Not Found", "", 0);
    else answer(s, "200 OK", hello, sizeof hello);
    while (take_request(s)) answer(s, "200 OK", "\1", 1);
}

static void show_id(const char *when, const RTMP *r)
{
    say("%s: %d [%.*s]%s\n", when, r->m_clientID.av_len, r->m_clientID.av_len,
        r->m_clientID.av_val ? r->m_clientID.av_val : "", r->m_clientID.av_val ? "" : ", null");
}

static void attempt(RTMP *r, enum way way)
{
    static char url[128];
    struct host h;
    said_close = 0;
    host_start(&h, script, &way, 0);
    snprintf(url, sizeof url, "rtmpt://127.0.0.1:%d/app/path timeout=3", h.port);
    if (!RTMP_SetupURL(r, url)) say("SetupURL failed\n");
    int connected = RTMP_Connect(r, NULL);
    say("connected %d\n", connected);
    show_id("then", r);
    RTMP_Close(r);
    show_id("closed", r);
    host_end(&h);
    if (way == GOES_ON) say("the server hears of it: %d\n", said_close);
}

int main(void)
{
    static const char *const names[] = {"a tunnel", "a tunnel that refuses the handshake", "a tunnel that ends within it"};
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    signal(SIGPIPE, SIG_IGN); /* the reference's sends raise it */
    for (int way = GOES_ON; way <= LEAVES; way++) {
        RTMP *r = RTMP_Alloc();
        say("%s\n", names[way]);
        RTMP_Init(r);
        /* More than once: what an attempt leaves behind is then lost. */
        for (int i = 0; i < ATTEMPTS; i++) attempt(r, (enum way)way);
        RTMP_Free(r);
    }
    return 0;
}
