/* Silence ends a call within Link.timeout, wherever it begins; and ways to reach a server, or not. */
#include "ours.h"

/* The time-out of all sessions, and what more a call may take on a busy machine. */
#define LIMIT 1.0
#define SLACK 3.5

enum step { ACCEPTED, HELLO_READ, S0_SENT, IN_S1, S1_SENT, IN_S2, TRICKLE, SHAKEN, CONNECT, CREATED, ASKED, STEPS };
static const char *const names[STEPS] = {
    "after the connection was accepted", "after C0 and C1 were read", "after S0", "within S1", "after S1",
    "within S2", "by a byte now and then", "after the handshake", "at connect", "at createStream", "at play or publish",
};

struct silence {
    enum step step;
    int publishes;
};

static void script(struct host *h, struct server *s)
{
    static const size_t greeting[] = {0, 0, 1, 700, 1 + HANDSHAKE, 1 + HANDSHAKE + 900};
    const struct silence *silence = h->argument;
    enum step step = silence->step;
    unsigned char hello[1 + 2 * HANDSHAKE];
    memset(hello, 0, sizeof hello);
    hello[0] = 3;
    if (step >= HELLO_READ && step <= TRICKLE) take_hello(s);
    if (step < TRICKLE) {
        send_all(s, hello, greeting[step]);
    } else if (step == TRICKLE) {
        char byte;
        for (size_t i = 0; i < 60; i++) {
            send_all(s, hello + i, 1);
            pause_ms(100);
            if (recv(s->fd, &byte, 1, MSG_DONTWAIT) == 0) return;
        }
    } else {
        shake(s);
        if (step == CONNECT) await_command(s, "connect");
        if (step > CONNECT) accept_connect(s);
        if (step == CREATED) await_command(s, "createStream");
        if (step > CREATED) accept_create_stream(s);
        if (step == ASKED) await_command(s, silence->publishes ? "publish" : "play");
    }
    take_rest(s);
}

struct session {
    struct silence silence;
    struct host host;
    pthread_t thread;
    RTMP r;
    char url[128];
    int connected, stream, error;
    double took;
};

static void *run(void *argument)
{
    struct session *t = argument;
    client_for(&t->r, t->url, sizeof t->url, t->host.port, "timeout=1", t->silence.publishes);
    double began = now();
    errno = 0;
    t->connected = RTMP_Connect(&t->r, NULL);
    t->error = errno;
    if (t->connected) began = now();
    t->stream = RTMP_ConnectStream(&t->r, 0);
    t->took = now() - began;
    RTMP_Close(&t->r);
    return NULL;
}

static void silences(int publishes)
{
    static struct session sessions[STEPS];
    for (int i = 0; i < STEPS; i++) {
        struct session *t = &sessions[i];
        memset(t, 0, sizeof *t);
        t->silence = (struct silence){(enum step)i, publishes};
        host_start(&t->host, script, &t->silence, 0);
        if (pthread_create(&t->thread, NULL, run, t)) die("pthread_create");
    }
    for (int i = 0; i < STEPS; i++) {
        struct session *t = &sessions[i];
        pthread_join(t->thread, NULL);
        host_end(&t->host);
        if (!check(t->connected == (i >= SHAKEN) && !t->stream && t->took > LIMIT * 0.8 && t->took < LIMIT + SLACK,
                   "%s: silence %s", publishes ? "publish" : "play", names[i]))
            say("connected %d stream %d after %.2f s\n", t->connected, t->stream, t->took);
        if (!t->connected && t->error != ETIMEDOUT) say("FAIL errno is %d\n", t->error);
    }
}

static volatile int go_on;

static void stops_reading(struct host *h, struct server *s)
{
    (void)h;
    accept_stream(s, "publish");
    while (!go_on) pause_ms(10);
}

static void stops_sending(struct host *h, struct server *s)
{
    (void)h;
    accept_stream(s, "play");
    take_rest(s);
}

static void accepts(struct host *h, struct server *s)
{
    (void)h;
    shake(s);
    await_command(s, "connect");
    take_rest(s);
}

int main(void)
{
    static RTMP r;
    static char url[128], media[20000], words[128];
    struct host h;
    double began, took;
    log_from(RTMP_LOGERROR);
    silences(0);
    silences(1);

    say("a peer that stops reading\n");
    host_start(&h, stops_reading, NULL, 4096);
    client_for(&r, url, sizeof url, h.port, "timeout=1", 1);
    if (!RTMP_Connect(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("FAIL no session\n");
    int buffer = 4096, written = 1;
    setsockopt(RTMP_Socket(&r), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    log_forget();
    for (unsigned i = 0; i < 10000 && written > 0; i++) {
        began = now();
        written = write_tag(&r, 9, i, media, sizeof media);
        took = now() - began;
    }
    if (!check(written == -1 && took > LIMIT * 0.8 && took < LIMIT + SLACK, "RTMP_Write ends at the deadline"))
        say("%d after %.2f s\n", written, took);
    snprintf(words, sizeof words, "127.0.0.1:%d: send: the peer has stopped reading", h.port);
    if (!check(log_has(words), "and says so")) say("%s", log_text);
    check(!RTMP_IsConnected(&r), "the session is closed");
    RTMP_Close(&r);
    go_on = 1;
    host_end(&h);

    say("a handle that is connected already\n");
    struct host other;
    go_on = 0;
    host_start(&h, stops_reading, NULL, 0);
    host_start(&other, accepts, NULL, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=1", 1);
    if (!RTMP_Connect(&r, NULL) || !RTMP_ConnectStream(&r, 0) || write_tag(&r, 9, 0, media, 100) <= 0) say("FAIL no session\n");
    r.Link.port = (unsigned short)other.port;
    log_forget();
    if (!check(RTMP_Connect(&r, NULL), "the farewell's time is not taken from that of the next connect")) say("%s", log_text);
    RTMP_Close(&r);
    go_on = 1;
    host_end(&h);
    host_end(&other);

    say("a peer that stops sending\n");
    host_start(&h, stops_sending, NULL, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=1", 0);
    if (!RTMP_Connect(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("FAIL no session\n");
    log_forget();
    began = now();
    int got = RTMP_Read(&r, media, sizeof media);
    took = now() - began;
    if (!check(got <= 0 && took > LIMIT * 0.8 && took < LIMIT + SLACK, "RTMP_Read ends at the deadline"))
        say("%d after %.2f s\n", got, took);
    check(RTMP_IsTimedout(&r) && RTMP_IsConnected(&r), "timed out, and still connected");
    snprintf(words, sizeof words, "127.0.0.1:%d: the server has sent nothing for 1 s", h.port);
    if (!check(log_has(words), "and the log says so")) say("%s", log_text);
    /* A program that polls a non-blocking descriptor knows. */
    fcntl(RTMP_Socket(&r), F_SETFL, O_NONBLOCK);
    log_forget();
    for (int i = 0; i < 3; i++) RTMP_Read(&r, media, sizeof media);
    if (!check(!log_len && RTMP_IsConnected(&r), "polling says nothing")) say("%s", log_text);
    RTMP_Close(&r);
    host_end(&h);

    say("a port where nobody listens\n");
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    int bound = socket(AF_INET, SOCK_STREAM, 0);
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(bound, (void *)&at, sizeof at) || getsockname(bound, (void *)&at, &size)) die("bind");
    client_for(&r, url, sizeof url, ntohs(at.sin_port), "timeout=20", 0);
    log_forget();
    began = now();
    check(!RTMP_Connect(&r, NULL), "RTMP_Connect fails");
    check(now() - began < 5, "at once");
    check(log_has("127.0.0.1") && log_has("refused"), "the log has the address and the reason");
    check(RTMP_Socket(&r) == -1 && !RTMP_IsConnected(&r), "no socket is left");
    RTMP_Close(&r);
    close(bound);

    say("an IPv6 address\n");
    struct sockaddr_in6 at6;
    memset(&at6, 0, sizeof at6);
    at6.sin6_family = AF_INET6;
    at6.sin6_addr = in6addr_loopback;
    size = sizeof at6;
    memset(&h, 0, sizeof h);
    h.listener = socket(AF_INET6, SOCK_STREAM, 0);
    const char *host = "[::1]";
    if (h.listener < 0 || bind(h.listener, (void *)&at6, sizeof at6)) {
        /* A machine without ::1 has IPv4 under an IPv6 address. */
        close(h.listener);
        host_start(&h, accepts, NULL, 0);
        host = "[::ffff:127.0.0.1]";
    } else {
        if (listen(h.listener, 1) || getsockname(h.listener, (void *)&at6, &size)) die("listen");
        h.script = accepts;
        h.port = ntohs(at6.sin6_port);
        if (pthread_create(&h.thread, NULL, host_run, &h)) die("pthread_create");
    }
    snprintf(url, sizeof url, "rtmp://%s:%d/app/path timeout=5", host, h.port);
    RTMP_Init(&r);
    check(RTMP_SetupURL(&r, url) && RTMP_Connect(&r, NULL), "RTMP_Connect reaches it");
    RTMP_Close(&r);
    host_end(&h);
    return 0;
}
