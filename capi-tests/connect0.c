/* RTMP_Connect0: what it does to the handle and to the socket it makes, for programs that go on with RTMP_Connect1. */
#include "rtmp_server.h"
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>

static RTMP r;
static char url[64];
static int listener;
static struct sockaddr_in at;
static struct server s;

/* The first accepted connection: answers a SOCKS4 request when there is one, and shakes hands. */
static void *serve(void *code)
{
    unsigned char request[9], answer[8] = {0};
    server_on(&s, accept(listener, NULL, NULL));
    if (code) {
        answer[1] = *(unsigned char *)code;
        say("  request ");
        show_hex(request, (size_t)recv(s.fd, request, sizeof request, MSG_WAITALL));
        say("\n");
        send_all(&s, answer, sizeof answer);
    }
    server_greet(&s);
    while (server_take(&s)) {}
    return NULL;
}

static void begin(const char *options)
{
    snprintf(url, sizeof url, "rtmp://127.0.0.1:4660/app/path %s", options);
    client_on(&r, url, -1);
}

static void show_option(const char *name, int level, int option)
{
    struct timeval time = {0, 0};
    socklen_t size = sizeof time;
    getsockopt(RTMP_Socket(&r), level, option, &time, &size);
    say("  %s %ld\n", name, (long)time.tv_sec);
}

static void show_socket(void)
{
    int fd = RTMP_Socket(&r), on = 0;
    socklen_t size = sizeof on;
    show_option("waits to receive", SOL_SOCKET, SO_RCVTIMEO);
    show_option("waits to send", SOL_SOCKET, SO_SNDTIMEO);
    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size);
    say("  no delay %d, close-on-exec %d, non-blocking %d\n", on != 0, (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
        (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
}

static void connects(const char *what, const char *options, unsigned char *code)
{
    pthread_t thread;
    say("%s\n", what);
    begin(options);
    r.m_pausing = 3;
    r.m_fDuration = 9;
    r.m_sb.sb_timedout = 1;
    pthread_create(&thread, NULL, serve, code);
    int connected = RTMP_Connect0(&r, (void *)&at);
    say("  connect0 %d, pausing %d, duration %g, timed out %d, connected %d\n", connected, r.m_pausing, r.m_fDuration,
        r.m_sb.sb_timedout, RTMP_IsConnected(&r));
    if (connected) {
        show_socket();
        say("  connect1 %d\n", RTMP_Connect1(&r, NULL));
    }
    RTMP_Close(&r);
    pthread_join(thread, NULL);
    /* Only now, as the client may be gone before it has said what came of it. */
    server_show(&s);
    server_end(&s);
}

int main(void)
{
    unsigned char granted = 90, refused = 91;
    listener = listen_anywhere(&at);
    connects("a server", "timeout=7", NULL);
    connects("a SOCKS4 proxy's address, which is not the setting's", "timeout=8 socks=127.0.0.9:9", &granted);
    connects("a SOCKS4 proxy that refuses", "socks=127.0.0.9:9", &refused);
    close(listener);
    say("nobody\n");
    begin("");
    say("  connect0 %d", RTMP_Connect0(&r, (void *)&at));
    say(", connected %d\n", RTMP_IsConnected(&r));
    RTMP_Close(&r);
    return 0;
}
