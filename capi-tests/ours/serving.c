/* A program that serves: with TLS and an RTMP handshake of its own, without RTMP_Serve; and with clients that leave before
 * the handshake is over, or break it. */
#include "tls.h"

/* An accepted connection, and the client's end of it. */
static int accepted(int *client)
{
    struct sockaddr_in at;
    int listener = listen_anywhere(&at);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(*client, (void *)&at, sizeof at)) die("connect");
    int server = accept(listener, NULL, NULL);
    close(listener);
    return server;
}

static RTMP *server_on_socket(int fd, int timeout)
{
    RTMP *r = RTMP_Alloc();
    RTMP_Init(r);
    r->Link.timeout = timeout;
    r->m_sb.sb_socket = fd;
    log_forget();
    return r;
}

/* ---- TLS without RTMP_Serve ---- */

struct client {
    pthread_t thread;
    int port, connected, read;
};

static void *client_run(void *argument)
{
    struct client *c = argument;
    static RTMP r;
    static char url[128];
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    RTMP_Init(&r);
    snprintf(url, sizeof url, "rtmps://localhost:%d/app/path tlsVerify=0 timeout=10", c->port);
    c->connected = RTMP_SetupURL(&r, url) && RTMP_Connect(&r, NULL);
    c->read = c->connected && RTMP_ReadPacket(&r, &packet) && RTMPPacket_IsReady(&packet) && packet.m_packetType == 5;
    RTMPPacket_Free(&packet);
    RTMP_Close(&r);
    return NULL;
}

/* One that sends the handshake's first byte through TLS and leaves. */
static void *client_leave(void *argument)
{
    struct client *c = argument;
    char command[160];
    snprintf(command, sizeof command,
             "printf '\\003' | openssl s_client -connect 127.0.0.1:%d -quiet -no_ign_eof >/dev/null 2>&1", c->port);
    c->connected = system(command) != -1;
    return NULL;
}

/* Starts a client; the descriptor that was accepted for it. */
static int client_start(struct client *c, void *(*run)(void *))
{
    struct sockaddr_in at;
    int listener = listen_anywhere(&at);
    *c = (struct client){.port = ntohs(at.sin_port)};
    if (pthread_create(&c->thread, NULL, run, c)) die("pthread_create");
    int fd = accept(listener, NULL, NULL);
    close(listener);
    return fd;
}

/* Takes n bytes of the handshake out of the public buffer. */
static int take_plain(RTMPSockBuf *sb, int n)
{
    while (sb->sb_size < n)
        if (RTMPSockBuf_Fill(sb) <= 0) return 0;
    sb->sb_start += n;
    sb->sb_size -= n;
    return 1;
}

static void without_serve(void *context)
{
    static char hello[1 + 2 * HANDSHAKE] = {3};
    struct client c;
    RTMPPacket packet;
    AMFObject arguments;
    AVal name = {NULL, 0};
    int before = descriptors(), got = 0;
    memset(&packet, 0, sizeof packet);
    RTMP *r = server_on_socket(client_start(&c, client_run), 10);
    check(RTMP_TLS_Accept(r, context), "RTMP_TLS_Accept");
    check(take_plain(&r->m_sb, 1 + HANDSHAKE) && RTMPSockBuf_Send(&r->m_sb, hello, sizeof hello) == sizeof hello &&
              take_plain(&r->m_sb, HANDSHAKE),
          "a handshake of the program's own, through RTMPSockBuf_Fill and RTMPSockBuf_Send");
    while ((got = RTMP_ReadPacket(r, &packet)) && !RTMPPacket_IsReady(&packet)) {}
    if (got && AMF_Decode(&arguments, packet.m_body, (int)packet.m_nBodySize, FALSE) > 0) {
        AMFProp_GetString(AMF_GetProp(&arguments, NULL, 0), &name);
        if (!check(name.av_len == 7 && !memcmp(name.av_val, "connect", 7), "RTMP_ReadPacket reads through TLS"))
            say("%.*s\n", name.av_len, name.av_val ? name.av_val : "");
        AMF_Reset(&arguments);
    } else {
        check(0, "RTMP_ReadPacket reads through TLS");
        say("%s", log_text);
    }
    RTMPPacket_Free(&packet);
    check(RTMP_SendServerBW(r), "RTMP_SendServerBW");
    pthread_join(c.thread, NULL);
    check(c.connected && c.read, "and is heard through TLS");
    RTMP_Close(r);
    RTMP_Free(r);
    check(descriptors() == before, "no descriptor is left");
}

/* ---- an accepted socket that is polled ---- */

/* One chunk for each time that poll says there is something, as a server with many clients in one thread reads. */
static void polled(int serves)
{
    static char said[1 + 2 * HANDSHAKE + 3 * 16] = {3};
    static const char message[16] = {2, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 16, 0};
    int client, messages = 0, fd = accepted(&client);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    for (size_t i = 0; i < 3; i++) memcpy(said + 1 + 2 * HANDSHAKE + i * 16, message, 16);
    size_t skipped = serves ? 0 : 1 + 2 * HANDSHAKE;
    if (send(client, said + skipped, sizeof said - skipped, MSG_NOSIGNAL) < 0) die("send");
    RTMP *r = server_on_socket(fd, 10);
    int served = !serves || RTMP_Serve(r);
    if (serves) {
        struct timeval in = {0, 0}, out = {0, 0};
        socklen_t size = sizeof in;
        getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &in, &size);
        getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &out, &size);
        check(in.tv_sec == 10 && out.tv_sec == 10, "after RTMP_Serve: a silent client is waited for as long as Link.timeout says");
    }
    while (served && poll(&wait, 1, 500) == 1 && RTMP_ReadPacket(r, &packet)) {
        if (!RTMPPacket_IsReady(&packet)) continue;
        messages++;
        RTMPPacket_Free(&packet);
    }
    check(messages == 3, "a polled socket, %s: each message wakes", serves ? "after RTMP_Serve" : "without RTMP_Serve");
    RTMP_Close(r);
    RTMP_Free(r);
    close(client);
}

/* ---- media sent, and then the end ---- */

#define FRAMES 100
#define FRAME 30000

struct viewer {
    int fd;
    size_t heard;
};

/* Reads no faster than it must, acknowledges what it has read, and leaves when the server does. */
static void *view(void *argument)
{
    static const char acknowledgement[16] = {2, 0, 0, 0, 0, 0, 4, 3};
    struct viewer *v = argument;
    char bytes[16384];
    ssize_t n;
    while ((n = recv(v->fd, bytes, sizeof bytes, 0)) > 0) {
        v->heard += (size_t)n;
        if (send(v->fd, acknowledgement, sizeof acknowledgement, MSG_NOSIGNAL) < 0) break;
        pause_ms(1);
    }
    close(v->fd);
    return NULL;
}

static void *reads(void *argument)
{
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    while (RTMP_ReadPacket(argument, &packet))
        if (RTMPPacket_IsReady(&packet)) RTMPPacket_Free(&packet);
    return NULL;
}

/* With a thread that reads what the client says all the while, or nobody. */
static void ends(int with_reader)
{
    static char hello[1 + 2 * HANDSHAKE] = {3}, body[RTMP_MAX_HEADER_SIZE + FRAME];
    struct viewer v = {.fd = -1};
    pthread_t thread, reader;
    RTMPPacket packet;
    RTMP *r = server_on_socket(accepted(&v.fd), 10);
    /* So that much is on the way when the server closes. */
    int buffer = 65536;
    setsockopt(v.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (send(v.fd, hello, sizeof hello, MSG_NOSIGNAL) < 0) die("send");
    int sent = RTMP_Serve(r);
    if (pthread_create(&thread, NULL, view, &v)) die("pthread_create");
    if (with_reader && pthread_create(&reader, NULL, reads, r)) die("pthread_create");
    memset(&packet, 0, sizeof packet);
    packet.m_nChannel = 4, packet.m_packetType = 9, packet.m_nInfoField2 = 1;
    packet.m_nBodySize = FRAME, packet.m_body = body + RTMP_MAX_HEADER_SIZE;
    for (unsigned i = 0; sent && i < FRAMES; i++) {
        packet.m_nTimeStamp = i * 40;
        sent = RTMP_SendPacket(r, &packet, 0);
    }
    RTMP_Close(r);
    pthread_join(thread, NULL);
    if (with_reader) pthread_join(reader, NULL);
    if (!check(sent && v.heard > (size_t)FRAMES * FRAME, "RTMP_Close%s: the client gets all media that was sent",
               with_reader ? " while another thread reads" : ""))
        say("sent %d, heard %zu\n", sent, v.heard);
    RTMP_Free(r);
}

/* ---- clients that leave ---- */

static const struct {
    const char *name;
    int bytes, resets;
} leaving[] = {
    {"at once", 0, 0},         {"after C0", 1, 0},           {"within C1", 700, 0},  {"after C1", 1 + HANDSHAKE, 0},
    {"within C2", 2000, 0},    {"at once, by a reset", 0, 1}, {"within C1, by a reset", 700, 1},
    {"within C2, by a reset", 2000, 1},
};

static void leaves(const char *name, int bytes, int resets)
{
    static char hello[1 + 2 * HANDSHAKE] = {3};
    int client, before = descriptors(), fd = accepted(&client);
    RTMP *r = server_on_socket(fd, 30);
    if (bytes && send(client, hello, (size_t)bytes, MSG_NOSIGNAL) != bytes) die("send");
    struct linger at_once = {1, 0};
    if (resets) setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
    double began = now();
    int served = RTMP_Serve(r);
    check(!served && now() - began < 10, "%s: RTMP_Serve fails, and does not wait", name);
    check(RTMP_Socket(r) == -1 && fcntl(fd, F_GETFD) < 0, "%s: the descriptor is closed", name);
    if (!check(log_has("handshake with a client failed"), "%s: the log says so", name)) say("%s", log_text);
    RTMP_Close(r);
    RTMP_Free(r);
    check(descriptors() == before, "%s: no descriptor is left", name);
}

static void leaves_tls(void *context)
{
    struct client c;
    int before = descriptors(), fd = client_start(&c, client_leave);
    RTMP *r = server_on_socket(fd, 30);
    check(RTMP_TLS_Accept(r, context), "RTMP_TLS_Accept of a client that leaves");
    double began = now();
    int served = RTMP_Serve(r);
    check(!served && now() - began < 15, "after C0 in TLS: RTMP_Serve fails, and does not wait");
    check(RTMP_Socket(r) == -1 && fcntl(fd, F_GETFD) < 0, "after C0 in TLS: the descriptor is closed");
    pthread_join(c.thread, NULL);
    RTMP_Close(r);
    RTMP_Free(r);
    check(descriptors() == before, "after C0 in TLS: no descriptor is left");
}

/* No end of the connection, but a client that does not speak the protocol: the descriptor stays open, as with the original. */
static void breaks(const char *name, int type)
{
    char hello[1 + HANDSHAKE] = {(char)type};
    int client, before = descriptors(), fd = accepted(&client);
    RTMP *r = server_on_socket(fd, 30);
    if (send(client, hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello) die("send");
    check(!RTMP_Serve(r), "%s: RTMP_Serve fails", name);
    check(RTMP_Socket(r) == fd && fcntl(fd, F_GETFD) >= 0, "%s: the descriptor stays open until RTMP_Close", name);
    RTMP_Close(r);
    check(fcntl(fd, F_GETFD) < 0, "%s: which closes it", name);
    RTMP_Free(r);
    close(client);
    check(descriptors() == before, "%s: no descriptor is left", name);
}

int main(void)
{
    tls_begin();
    log_from(RTMP_LOGERROR);
    void *context = RTMP_TLS_AllocServerContext("cert.pem", "key.pem");
    check(context != NULL, "RTMP_TLS_AllocServerContext");
    without_serve(context);
    polled(1);
    polled(0);
    ends(0);
    ends(1);
    for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++)
        leaves(leaving[i].name, leaving[i].bytes, leaving[i].resets);
    leaves_tls(context);
    breaks("a handshake of an unknown type", 'G');
    breaks("RTMPE without a digest", 6);
    RTMP_TLS_FreeServerContext(context);
    return tls_end();
}
