/* What a program receives by itself in an RTMPE session, with RTMPSockBuf_Fill, is the library's to read all the same. */
#include "rtmp_server.h"
#include <pthread.h>

#define BODY 40

static int listener;

/* Serves, and sends two messages for each byte that the client says aside. */
static void *serve(void *aside)
{
    static char body[RTMP_MAX_HEADER_SIZE + BODY];
    static RTMP r;
    RTMPPacket packet;
    char byte;
    RTMP_Init(&r);
    r.m_sb.sb_socket = accept(listener, NULL, NULL);
    int served = RTMP_Serve(&r);
    for (unsigned i = 0; served && recv(*(int *)aside, &byte, 1, 0) == 1; i++) {
        memset(&packet, 0, sizeof packet);
        packet.m_nChannel = 4, packet.m_packetType = 9, packet.m_nInfoField2 = 1, packet.m_nTimeStamp = i;
        packet.m_body = body + RTMP_MAX_HEADER_SIZE, packet.m_nBodySize = BODY;
        memset(packet.m_body, 'a' + (int)i, BODY);
        RTMP_SendPacket(&r, &packet, 0);
    }
    RTMP_Close(&r);
    return NULL;
}

static RTMP r;
static int aside[2];

/* Has messages sent, and waits until all of them are there, with what was not read before. */
static void arrive(int messages, int bytes)
{
    int there = 0;
    for (int i = 0; i < messages; i++) if (send(aside[0], "", 1, 0) != 1) die("send");
    while (there < bytes && !ioctl(r.m_sb.sb_socket, FIONREAD, &there)) usleep(1000);
}

static void read_one(void)
{
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    int got = RTMP_ReadPacket(&r, &packet);
    say("  read %d stamp %u body %c, %d buffered\n", got, packet.m_nTimeStamp, packet.m_body ? *packet.m_body : '-',
        r.m_sb.sb_size);
    RTMPPacket_Free(&packet);
}

int main(void)
{
    /* The length of a message, its header first. */
    enum { LENGTH = 12 + BODY };
    static char url[100];
    struct sockaddr_in at;
    pthread_t thread;
    listener = listen_anywhere(&at);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, aside) || pthread_create(&thread, NULL, serve, &aside[1])) die("serve");
    snprintf(url, sizeof url, "rtmpe://127.0.0.1:%d/app/path timeout=3", ntohs(at.sin_port));
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    RTMP_Init(&r);
    say("connect %d\n", RTMP_SetupURL(&r, url) && RTMP_Connect(&r, NULL));

    say("two that the program has received\n");
    arrive(2, 2 * LENGTH);
    int filled = RTMPSockBuf_Fill(&r.m_sb);
    say("  fill %d, %d buffered\n", filled, r.m_sb.sb_size);
    read_one();

    say("and two more, behind one that waits\n");
    arrive(2, 2 * LENGTH);
    filled = RTMPSockBuf_Fill(&r.m_sb);
    say("  fill %d, %d buffered\n", filled, r.m_sb.sb_size);
    for (int i = 0; i < 3; i++) read_one();

    say("and two that the library receives\n");
    arrive(2, 2 * LENGTH);
    for (int i = 0; i < 2; i++) read_one();
    shutdown(aside[0], SHUT_WR);
    RTMP_Close(&r);
    pthread_join(thread, NULL);
    return 0;
}
