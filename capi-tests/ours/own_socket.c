/* A socket of the program's own in m_sb.sb_socket: how the program has set it holds during the handshake, and stays so
 * afterwards; and what the program has not set is bounded by Link.timeout. */
#include "ours.h"

static double seconds_of(int fd, int option)
{
    struct timeval time = {0, 0};
    socklen_t size = sizeof time;
    if (getsockopt(fd, SOL_SOCKET, option, &time, &size)) die("getsockopt");
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void set_ms(int fd, int option, long ms)
{
    struct timeval time = {ms / 1000, ms % 1000 * 1000};
    if (setsockopt(fd, SOL_SOCKET, option, &time, sizeof time)) die("setsockopt");
}

/* Waits a moment, then shakes hands, so that the client has to wait for it. */
static void late(struct host *h, struct server *s)
{
    (void)h;
    take_hello(s);
    pause_ms(300);
    server_greet(s);
    take_rest(s);
}

static int connected_to(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (void *)&at, sizeof at)) die("connect");
    return fd;
}

/* How a program sets its socket, and how long a handshake with a silent peer may then take. */
struct wish {
    const char *name;
    long receive_ms, send_ms; /* 0 for not set */
    int nonblocking, link_timeout;
};

static void prepare(int fd, const struct wish *w)
{
    if (w->receive_ms) set_ms(fd, SO_RCVTIMEO, w->receive_ms);
    if (w->send_ms) set_ms(fd, SO_SNDTIMEO, w->send_ms);
    if (w->nonblocking) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Whether a time-out is what was set; the kernel counts in ticks. */
static int is_set(int fd, int option, long ms)
{
    double off = seconds_of(fd, option) - (double)ms / 1000;
    return off > -0.02 && off < 0.02;
}

static void set_up(RTMP *r, char *url, int fd, const struct wish *w)
{
    RTMP_Init(r);
    if (!RTMP_SetupURL(r, strcpy(url, "rtmp://host/app/path"))) say("FAIL SetupURL\n");
    r->m_sb.sb_socket = fd;
    r->Link.timeout = w->link_timeout;
    prepare(fd, w);
}

static void shaken_late(const struct wish *w)
{
    static RTMP r;
    static char url[64];
    struct host h;
    host_start(&h, late, NULL, 0);
    int fd = connected_to(h.port);
    set_up(&r, url, fd, w);
    check(RTMP_Connect1(&r, NULL), "%s: a late handshake is waited for", w->name);
    check(RTMP_Socket(&r) == fd && is_set(fd, SO_RCVTIMEO, w->receive_ms) &&
              ((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) == w->nonblocking,
          "%s: receives are as the program has set them", w->name);
    check(is_set(fd, SO_SNDTIMEO, w->send_ms ? w->send_ms : w->link_timeout * 1000L),
          "%s: and so are sends, else Link.timeout bounds them", w->name);
    RTMP_Close(&r);
    host_end(&h);
}

/* A program with a time-out of its own comes back after each, and wants no line in the log for it. */
static void reads_in_vain(void)
{
    static RTMP r;
    static char url[64];
    const struct wish w = {"a time-out of receives", 300, 0, 0, 20};
    struct server s;
    RTMPPacket packet;
    int fd = server_pair(&s);
    set_up(&r, url, fd, &w);
    server_greet(&s);
    memset(&packet, 0, sizeof packet);
    log_forget();
    int silent = RTMP_Connect1(&r, NULL) && !RTMP_ReadPacket(&r, &packet) && RTMP_IsTimedout(&r) && !log_len;
    check(silent && RTMP_IsConnected(&r), "%s: what does not come in time is no error in the log", w.name);
    RTMP_Close(&r);
    server_end(&s);
}

/* ---- peers that say nothing, of which many are waited for at once ---- */

struct wait {
    const struct wish *wish;
    int serves, listener, client, result, closed, timed_out;
    pthread_t thread;
    double took;
    RTMP r;
    char url[64];
};

static void *wait_in_vain(void *argument)
{
    struct wait *t = argument;
    double began = now();
    t->result = t->serves ? RTMP_Serve(&t->r) : RTMP_Connect1(&t->r, NULL);
    t->took = now() - began;
    t->closed = RTMP_Socket(&t->r) == -1;
    t->timed_out = RTMP_IsTimedout(&t->r);
    return NULL;
}

/* A wait begins at the end of the connection that `serves` says; the other end never says a word. */
static void start_wait(struct wait *t, const struct wish *w, int serves)
{
    struct sockaddr_in at;
    t->wish = w;
    t->serves = serves;
    t->listener = listen_anywhere(&at);
    t->client = connected_to(ntohs(at.sin_port));
    int accepted = accept(t->listener, NULL, NULL);
    set_up(&t->r, t->url, serves ? accepted : t->client, w);
    if (!serves) t->client = accepted;
    if (pthread_create(&t->thread, NULL, wait_in_vain, t)) die("pthread_create");
}

static void end_wait(struct wait *t)
{
    pthread_join(t->thread, NULL);
    /* All that is set to a second ends then, all else is set to a minute: between them there is room for a busy machine. */
    int good = !t->result && t->took > 0.9 && t->took < 30 && t->closed && (t->timed_out || t->serves);
    if (!check(good, "%s: %s ends after a second", t->wish->name, t->serves ? "RTMP_Serve" : "RTMP_Connect1"))
        say("%d after %.2f s, closed %d, timed out %d\n", t->result, t->took, t->closed, t->timed_out);
    RTMP_Close(&t->r);
    close(t->client);
    close(t->listener);
}

int main(void)
{
    enum { WISHES = 6 };
    static const struct wish late_ones[] = {
        {"nothing set", 0, 0, 0, 20},          {"a time-out of receives", 20000, 0, 0, 60},
        {"time-outs of both", 20000, 700, 0, 60}, {"non-blocking", 0, 0, 1, 20},
    };
    static const struct wish wishes[WISHES] = {
        {"nothing set", 0, 0, 0, 1},           {"a time-out of receives", 1000, 0, 0, 60},
        {"time-outs of both", 1000, 60000, 0, 60}, {"non-blocking", 0, 0, 1, 1},
        {"non-blocking with a time-out", 1000, 0, 1, 60}, {"longer than Link.timeout", 60000, 60000, 0, 1},
    };
    static struct wait waits[2 * WISHES];
    log_from(RTMP_LOGERROR);
    for (size_t i = 0; i < sizeof late_ones / sizeof *late_ones; i++) shaken_late(&late_ones[i]);
    reads_in_vain();
    for (int i = 0; i < 2 * WISHES; i++) start_wait(&waits[i], &wishes[i / 2], i % 2);
    for (int i = 0; i < 2 * WISHES; i++) end_wait(&waits[i]);
    return 0;
}
