/* A program that polls its descriptor, and reads once each time there is something to read, as curl does, gets all that the
 * server has sent: nothing complete is buffered while nothing is there to wake it. */
#include "ours.h"

#define SMALL 60
#define BODY 20000 /* more than the input buffer takes */

static RTMP r;
static unsigned char body[BODY];

/* Small messages, one that is larger than all buffers, small ones again, and one of no media. */
static void send_film(struct server *s)
{
    for (unsigned i = 0; i < SMALL; i++) server_send(s, 5, i * 10, i % 2 ? 9 : 8, 1, body, 100 + i);
    server_send(s, 5, 700, 9, 1, body, BODY);
    for (unsigned i = 0; i < SMALL; i++) server_send(s, 5, 800 + i * 10, 8, 1, body, 400);
    server_send(s, 2, 0, 3, 0, body, 4);
}

static size_t film_bytes(void)
{
    size_t bytes = 13 + BODY + 15;
    for (size_t i = 0; i < SMALL; i++) bytes += 100 + i + 15 + 400 + 15;
    return bytes;
}

static void play_film(struct host *h, struct server *s)
{
    (void)h;
    accept_stream(s, "play");
    send_film(s);
    take_rest(s);
}

/* Whether the descriptor is readable, or becomes so soon. */
static int wakes(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, 500) == 1;
}

/* The message of no media comes last, and keeps whoever asks for more waiting. */
static int reads_all(int fd)
{
    static char buf[65536];
    size_t got = 0;
    int n = 1;
    while (got < film_bytes() && n > 0 && wakes(fd)) {
        if ((n = RTMP_Read(&r, buf, sizeof buf)) > 0) got += (size_t)n;
    }
    return got == film_bytes();
}

static int reads_all_packets(int fd)
{
    RTMPPacket packet;
    int media = 0;
    memset(&packet, 0, sizeof packet);
    while (wakes(fd) && RTMP_ReadPacket(&r, &packet)) {
        if (!RTMPPacket_IsReady(&packet)) continue;
        media += packet.m_packetType == 8 || packet.m_packetType == 9;
        RTMPPacket_Free(&packet);
    }
    return media == 2 * SMALL + 1 && RTMP_IsConnected(&r);
}

/* All of the film has come before the first read, so only what the library leaves there can wake the program. */
static void on_own_socket(int (*read_all)(int), const char *what)
{
    static char url[] = "rtmp://h/app/path";
    struct server s;
    int fd = server_pair(&s);
    client_on(&r, url, fd);
    server_greet(&s);
    server_accept(&s, 1, 2);
    server_status(&s, "status", "NetStream.Play.Start");
    send_film(&s);
    int begun = RTMP_Connect1(&r, NULL) && RTMP_ConnectStream(&r, 0);
    check(begun && read_all(fd), "a socket of the program's own, %s", what);
    RTMP_Close(&r);
    server_end(&s);
}

static void on_asked_for_socket(int (*read_all)(int), const char *what)
{
    static char url[64];
    struct host h;
    host_start(&h, play_film, NULL, 0);
    client_for(&r, url, sizeof url, h.port, "", 0);
    int begun = RTMP_Connect(&r, NULL), fd = RTMP_Socket(&r);
    check(begun && RTMP_ConnectStream(&r, 0) && read_all(fd), "the socket asked for, %s", what);
    RTMP_Close(&r);
    host_end(&h);
}

int main(void)
{
    on_own_socket(reads_all, "RTMP_Read");
    on_own_socket(reads_all_packets, "RTMP_ReadPacket");
    on_asked_for_socket(reads_all, "RTMP_Read");
    on_asked_for_socket(reads_all_packets, "RTMP_ReadPacket");
    return 0;
}
