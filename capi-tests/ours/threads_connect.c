/* RTMP_Close in another thread ends RTMP_Connect whatever it is at, and whoever has closed may free: at once, without a
 * word of an error, and without a descriptor left. ThreadSanitizer watches this as well. */
#include "ours.h"
#include <netdb.h>
#include <signal.h>
#include <sys/wait.h>

/* All sessions have longer than any test; what a close may take on a busy machine. */
#define OPTIONS "timeout=60"
#define SOON 5.0

static int get(int *flag) { return __atomic_load_n(flag, __ATOMIC_ACQUIRE); }
static void set(int *flag, int value) { __atomic_store_n(flag, value, __ATOMIC_RELEASE); }

/* Waits until a flag is set. */
static int until(int *flag)
{
    for (double began = now(); !get(flag) && now() < began + 30;) pause_ms(1);
    return get(flag);
}

/* ---- a resolver that takes its time: the library calls this one ---- */

static int asked, answered;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)name, (void)service, (void)hints, (void)found;
    set(&asked, 1);
    until(&answered);
    return EAI_FAIL;
}

/* ---- servers that fall silent ---- */

static int silent;

/* Takes the client's bytes for as long as it stays. */
static void falls_silent(struct host *h, struct server *s)
{
    const char *says = h->argument;
    char byte;
    if (says) {
        recv(s->fd, &byte, 1, 0);
        send_all(s, says + 1, (unsigned char)*says);
    }
    set(&silent, 1);
    take_rest(s);
}

static void greets(struct host *h, struct server *s)
{
    char greeting[1 + HANDSHAKE] = {3};
    (void)h;
    take_hello(s);
    send_all(s, greeting, sizeof greeting);
    set(&silent, 1);
    take_rest(s);
}

static void shakes(struct host *h, struct server *s)
{
    (void)h;
    shake(s);
    await_command(s, "connect");
    set(&silent, 1);
    take_rest(s);
}

/* ---- a client in a thread ---- */

struct client {
    RTMP *r;
    pthread_t thread;
    char url[256];
    int connected, over;
};

static void *connects(void *argument)
{
    struct client *c = argument;
    c->connected = RTMP_Connect(c->r, NULL) && RTMP_ConnectStream(c->r, 0);
    set(&c->over, 1);
    return NULL;
}

static void client_begin(struct client *c, const char *format, int port)
{
    memset(c, 0, sizeof *c);
    c->r = RTMP_Alloc();
    snprintf(c->url, sizeof c->url, format, port);
    RTMP_Init(c->r);
    if (!RTMP_SetupURL(c->r, c->url)) say("FAIL SetupURL %s\n", c->url);
    if (pthread_create(&c->thread, NULL, connects, c)) die("pthread_create");
}

static void *closes(void *argument)
{
    RTMP_Close(argument);
    return NULL;
}

/* How a client is ended: by RTMP_Close, by two at once, or by RTMP_Free alone. */
enum end { CLOSED, CLOSED_TWICE, FREED };

/* Ends a client that waits, and frees it before its thread is joined. */
static int client_end(struct client *c, enum end how)
{
    pthread_t other;
    double began = now();
    int good = !get(&c->over);
    if (how == CLOSED_TWICE && pthread_create(&other, NULL, closes, c->r)) die("pthread_create");
    if (how != FREED) {
        RTMP_Close(c->r);
        good &= !RTMP_IsConnected(c->r) && RTMP_Socket(c->r) == -1;
    }
    if (how == CLOSED_TWICE) pthread_join(other, NULL);
    RTMP_Free(c->r);
    good &= now() - began < SOON;
    pthread_join(c->thread, NULL);
    return good && !c->connected && now() - began < SOON;
}

/* Every way to end it, when `flag` is set. */
static void ended(const char *what, void (*script)(struct host *, struct server *), const char *says, const char *url, int *flag)
{
    int good = 1;
    log_forget();
    for (int how = CLOSED; how <= FREED; how++) {
        struct client c;
        struct host h;
        int before = descriptors();
        set(flag, 0);
        host_start(&h, script, says, 0);
        client_begin(&c, url, h.port);
        good &= until(flag);
        pause_ms(60);
        good &= client_end(&c, (enum end)how);
        host_end(&h);
        good &= descriptors() == before;
    }
    if (!check(good && !log_len, "%s", what)) say("%s", log_text);
}

/* ---- a port that does not answer ---- */

struct full {
    int listener, fill[16], port;
};

static void full_begin(struct full *f)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(f->listener, (void *)&at, size) || listen(f->listener, 0) || getsockname(f->listener, (void *)&at, &size))
        die("listen");
    f->port = ntohs(at.sin_port);
    for (int i = 0; i < 16; i++) {
        f->fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(f->fill[i], (void *)&at, size);
    }
    pause_ms(50);
}

static void full_end(struct full *f)
{
    for (int i = 0; i < 16; i++) close(f->fill[i]);
    close(f->listener);
}

static void no_answer(void)
{
    struct full f;
    int good = 1, before;
    full_begin(&f);
    before = descriptors();
    log_forget();
    for (int how = CLOSED; how <= FREED; how++) {
        struct client c;
        client_begin(&c, "rtmp://127.0.0.1:%d/app/path " OPTIONS, f.port);
        pause_ms(150);
        good &= client_end(&c, (enum end)how) && descriptors() == before;
    }
    full_end(&f);
    if (!check(good && !log_len, "TCP, which nobody answers")) say("%s", log_text);
}

/* A process that was forked while another thread connects has no such thread. */
static void forked(void)
{
    struct full f;
    struct client c;
    int status = 0;
    full_begin(&f);
    client_begin(&c, "rtmp://127.0.0.1:%d/app/path " OPTIONS, f.port);
    pause_ms(150);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        RTMP_Close(c.r);
        RTMP_Free(c.r);
        /* No checker need look at what the other thread's stack held. */
        raise(SIGKILL);
    }
    waitpid(child, &status, 0);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a forked process closes and frees at once");
    check(client_end(&c, CLOSED), "and its parent connects until it closes, too");
    full_end(&f);
}

/* ---- a second connection within a call: the server wants to know who publishes ---- */

static int first_is_over;

static void wants_a_name(struct host *h, struct server *s)
{
    (void)h;
    shake(s);
    double txn = await_command(s, "connect");
    server_invoke(s, "sn0{ksksks}", "_error", txn, "level", "error", "code", "NetConnection.Connect.Rejected",
                  "description", "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ");
    take_rest(s);
    set(&first_is_over, 1);
}

static void reconnects(void)
{
    static const char url[] = "rtmp://127.0.0.1:%d/app/path " OPTIONS " pubUser=me pubPasswd=it";
    int good = 1;
    log_forget();
    for (int how = CLOSED; how <= CLOSED_TWICE; how++) {
        struct client c;
        struct host h;
        struct server second;
        memset(&c, 0, sizeof c);
        set(&first_is_over, 0);
        host_start(&h, wants_a_name, NULL, 0);
        c.r = RTMP_Alloc();
        snprintf(c.url, sizeof c.url, url, h.port);
        RTMP_Init(c.r);
        good &= RTMP_SetupURL(c.r, c.url);
        RTMP_EnableWrite(c.r);
        if (pthread_create(&c.thread, NULL, connects, &c)) die("pthread_create");
        good &= until(&first_is_over);
        server_on(&second, accept(h.listener, NULL, NULL));
        good &= take_hello(&second);
        good &= client_end(&c, (enum end)how);
        server_end(&second);
        host_end(&h);
    }
    if (!check(good && !log_has("cannot connect"), "a second connection that the server's answer asks for")) say("%s", log_text);
}

/* ---- at any moment ---- */

static void welcomes(struct host *h, struct server *s)
{
    accept_stream(s, h->argument);
    take_rest(s);
}

static void at_any_moment(void)
{
    int good = 1, before = descriptors();
    for (int round = 0; round < 150; round++) {
        struct client c;
        struct host h;
        host_start(&h, welcomes, "play", 0);
        client_begin(&c, round % 2 ? "rtmp://127.0.0.1:%d/app/path " OPTIONS : "rtmpe://127.0.0.1:%d/app/path " OPTIONS, h.port);
        struct timespec t = {0, round * 20000L};
        nanosleep(&t, NULL);
        RTMP_Close(c.r);
        /* A call that had not begun by then connects. */
        for (double began = now(); !get(&c.over) && now() < began + 30;) {
            RTMP_Close(c.r);
            pause_ms(1);
        }
        good &= get(&c.over) && !c.connected;
        pthread_join(c.thread, NULL);
        RTMP_Free(c.r);
        host_end(&h);
    }
    check(good && descriptors() == before, "at any moment");
}

/* ---- a server ---- */

static void *serves(void *argument)
{
    struct client *c = argument;
    c->connected = RTMP_Serve(c->r);
    set(&c->over, 1);
    return NULL;
}

static void serving(void)
{
    int good = 1, before = descriptors();
    log_forget();
    for (int how = CLOSED; how <= FREED; how++) {
        struct client c;
        int ends[2];
        memset(&c, 0, sizeof c);
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) die("socketpair");
        c.r = RTMP_Alloc();
        RTMP_Init(c.r);
        c.r->m_sb.sb_socket = ends[0];
        if (pthread_create(&c.thread, NULL, serves, &c)) die("pthread_create");
        pause_ms(100);
        good &= client_end(&c, (enum end)how);
        close(ends[1]);
        good &= descriptors() == before;
    }
    if (!check(good && !log_len, "a server's handshake")) say("%s", log_text);
}

/* ---- the handle afterwards, and what else may happen meanwhile ---- */

static void again(void)
{
    struct full f;
    struct client c;
    struct host h;
    char url[128];
    full_begin(&f);
    client_begin(&c, "rtmp://127.0.0.1:%d/app/path " OPTIONS, f.port);
    pause_ms(150);
    check(!RTMP_Connect(c.r, NULL) && log_has("another thread is connecting"), "a second thread does not connect the same handle");
    RTMP_Close(c.r);
    pthread_join(c.thread, NULL);
    full_end(&f);
    host_start(&h, welcomes, "play", 0);
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%d/app/path " OPTIONS, h.port);
    check(RTMP_SetupURL(c.r, url) && RTMP_Connect(c.r, NULL) && RTMP_ConnectStream(c.r, 0), "a handle that was closed so connects again");
    RTMP_Close(c.r);
    RTMP_Free(c.r);
    host_end(&h);
}

static RTMP *logging;
static int closed_in_callback, connected_in_callback;

static void calls_back(int level, const char *format, va_list list)
{
    (void)level, (void)format, (void)list;
    connected_in_callback += RTMP_Connect(logging, NULL);
    RTMP_Close(logging);
    closed_in_callback++;
}

static void callback(void)
{
    struct full f;
    char url[128];
    full_begin(&f);
    logging = RTMP_Alloc();
    RTMP_Init(logging);
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%d/app/path timeout=1", f.port);
    RTMP_SetupURL(logging, url);
    RTMP_LogSetCallback(calls_back);
    check(!RTMP_Connect(logging, NULL) && closed_in_callback == 1 && !connected_in_callback,
          "a log callback that connects and closes the handle whose connect fails");
    RTMP_LogSetCallback(log_keep);
    RTMP_Close(logging);
    RTMP_Free(logging);
    full_end(&f);
}

int main(void)
{
    log_from(RTMP_LOGERROR);
    no_answer();
    ended("a name, which nobody knows", falls_silent, NULL, "rtmp://name.test:%d/app/path " OPTIONS, &asked);
    ended("a SOCKS4 proxy that is silent", falls_silent, NULL, "rtmp://127.0.0.1/app/path " OPTIONS " socks=127.0.0.1:%d", &silent);
    ended("a SOCKS5 proxy that is silent", falls_silent, NULL, "rtmp://127.0.0.1/app/path " OPTIONS " socks=socks5h://127.0.0.1:%d", &silent);
    ended("a SOCKS5 proxy in mid-answer", falls_silent, "\2\5\0", "rtmp://127.0.0.1/app/path " OPTIONS " socks=socks5h://127.0.0.1:%d", &silent);
    ended("an HTTP proxy in mid-answer", falls_silent, "\11HTTP/1.1 ", "rtmp://127.0.0.1/app/path " OPTIONS " socks=http://127.0.0.1:%d", &silent);
    ended("a name that the proxy is not asked for", falls_silent, NULL, "rtmp://name.test/app/path " OPTIONS " socks=127.0.0.1:%d", &asked);
    set(&answered, 1);
    ended("TLS", falls_silent, NULL, "rtmps://127.0.0.1:%d/app/path " OPTIONS, &silent);
    ended("the tunnel", falls_silent, NULL, "rtmpt://127.0.0.1:%d/app/path " OPTIONS, &silent);
    ended("the tunnel, in mid-answer", falls_silent, "\11HTTP/1.1 ", "rtmpt://127.0.0.1:%d/app/path " OPTIONS, &silent);
    ended("TLS under a tunnel", falls_silent, NULL, "rtmpts://127.0.0.1:%d/app/path " OPTIONS, &silent);
    ended("the handshake", falls_silent, NULL, "rtmp://127.0.0.1:%d/app/path " OPTIONS, &silent);
    ended("the handshake, half-way", greets, NULL, "rtmp://127.0.0.1:%d/app/path " OPTIONS, &silent);
    ended("RTMPE's", falls_silent, NULL, "rtmpe://127.0.0.1:%d/app/path " OPTIONS, &silent);
    ended("the answer to connect", shakes, NULL, "rtmp://127.0.0.1:%d/app/path " OPTIONS, &silent);
    reconnects();
    serving();
    at_any_moment();
    again();
    callback();
    forked();
    return 0;
}
