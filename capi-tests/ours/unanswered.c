/* A server that goes on sending and never answers: connect, createStream and publish have Link.timeout each, a play begins
 * as late as its publisher does. */
#include "ours.h"

/* The time-out of all sessions, and what more a call may take on a busy machine. */
#define LIMIT 1.0
#define SLACK 2.5

enum chatter { PINGS, FLOOD, BYTES, CHATTERS };
static const char *const chatters[CHATTERS] = {"pings", "a flood of pings", "a byte now and then"};
static const char *const methods[] = {"connect", "createStream", "publish"};
enum { CONNECT, CREATE_STREAM, PUBLISH, METHODS };

struct talk {
    int method; /* which is not answered */
    enum chatter chatter;
    int reads; /* RTMP_Read is called and not RTMP_ConnectStream */
    int own_socket;
};

static void chat(struct server *s, enum chatter chatter)
{
    static const unsigned char long_message[12] = {4, 0, 0, 0, 0, 0, 100, 20};
    char unwanted[4096];
    for (long i = 0;; i++) {
        if (chatter != BYTES) server_control(s, 6, 1, 4);
        else if (i < 112) send_all(s, i < 12 ? long_message + i : (const unsigned char *)"", 1);
        if (chatter != FLOOD) pause_ms(50);
        ssize_t got = recv(s->fd, unwanted, sizeof unwanted, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return;
    }
}

static void never_answers(struct host *h, struct server *s)
{
    const struct talk *talk = h->argument;
    shake(s);
    if (talk->method > CONNECT) accept_connect(s);
    if (talk->method > CREATE_STREAM) accept_create_stream(s);
    chat(s, talk->chatter);
}

struct session {
    struct talk talk;
    struct host host;
    pthread_t thread;
    RTMP r;
    char url[128];
    int connected, result, timed_out, connected_then;
    double took;
};

static int own_socket(int port)
{
    struct sockaddr_in at;
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((unsigned short)port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void *)&at, sizeof at)) die("connect");
    return fd;
}

static void *run(void *argument)
{
    struct session *t = argument;
    char tag[100];
    client_for(&t->r, t->url, sizeof t->url, t->host.port, "timeout=1", t->talk.method == PUBLISH);
    if (t->talk.own_socket) t->r.m_sb.sb_socket = own_socket(t->host.port);
    t->connected = t->talk.own_socket ? RTMP_Connect1(&t->r, NULL) : RTMP_Connect(&t->r, NULL);
    double began = now();
    t->result = t->talk.reads ? RTMP_Read(&t->r, tag, sizeof tag) : RTMP_ConnectStream(&t->r, 0);
    t->took = now() - began;
    t->timed_out = RTMP_IsTimedout(&t->r);
    t->connected_then = RTMP_IsConnected(&t->r);
    RTMP_Close(&t->r);
    return NULL;
}

static int in_time(const struct session *t) { return t->took > LIMIT * 0.8 && t->took < LIMIT + SLACK; }

static void unanswered(int reads, int own)
{
    static struct session sessions[METHODS][CHATTERS];
    for (int method = 0; method < METHODS; method++) {
        for (int chatter = 0; chatter < CHATTERS; chatter++) {
            struct session *t = &sessions[method][chatter];
            memset(t, 0, sizeof *t);
            t->talk = (struct talk){method, (enum chatter)chatter, reads, own};
            host_start(&t->host, never_answers, &t->talk, 0);
            if (pthread_create(&t->thread, NULL, run, t)) die("pthread_create");
        }
    }
    for (int method = 0; method < METHODS; method++) {
        for (int chatter = 0; chatter < CHATTERS; chatter++) {
            struct session *t = &sessions[method][chatter];
            char words[200];
            pthread_join(t->thread, NULL);
            host_end(&t->host);
            if (!check(t->connected && !t->result && in_time(t) && t->timed_out && t->connected_then,
                       "%s: %s in place of an answer to %s", own ? "RTMP_Connect1" : reads ? "RTMP_Read" : "RTMP_ConnectStream",
                       chatters[chatter], methods[method]))
                say("connected %d result %d after %.2f s, timed out %d\n", t->connected, t->result, t->took, t->timed_out);
            snprintf(words, sizeof words, "127.0.0.1:%d%s: the server did not answer %s within 1 s", t->host.port,
                     reads ? "" : method == PUBLISH ? "/app" : "/app/path", methods[method]);
            if (!check(log_has(words), "the log says so")) say("no \"%s\" in:\n%s", words, log_text);
        }
    }
    log_forget();
}

static void waits_for_a_publisher(struct host *h, struct server *s)
{
    char media[100] = {0x17};
    (void)h;
    shake(s);
    accept_connect(s);
    accept_create_stream(s);
    await_command(s, "play");
    for (int i = 0; i < 60; i++) {
        server_control(s, 6, 1, 4);
        pause_ms(50);
    }
    server_status(s, "status", "NetStream.Play.Start");
    server_send(s, 6, 40, 9, 1, media, sizeof media);
    take_rest(s);
}

int main(void)
{
    static RTMP r;
    static char url[128], tag[200];
    struct host h;
    log_from(RTMP_LOGERROR);
    unanswered(0, 0);
    unanswered(1, 0);
    unanswered(0, 1);

    say("a play whose publisher is late\n");
    host_start(&h, waits_for_a_publisher, NULL, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=2 live=1", 0);
    double began = now();
    check(RTMP_Connect(&r, NULL) && RTMP_ConnectStream(&r, 0), "RTMP_ConnectStream waits for it");
    check(now() - began > 2.5, "for longer than the time-out");
    check(RTMP_Read(&r, tag, sizeof tag) > 0, "and it plays");
    RTMP_Close(&r);
    host_end(&h);
    host_start(&h, waits_for_a_publisher, NULL, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=2 live=1", 0);
    check(RTMP_Connect(&r, NULL) && RTMP_Read(&r, tag, sizeof tag) > 0, "RTMP_Read waits for it, too");
    RTMP_Close(&r);
    host_end(&h);
    if (!check(!log_len, "and nothing is wrong")) say("%s", log_text);
    return 0;
}
