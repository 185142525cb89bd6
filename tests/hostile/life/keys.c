/* What the log shows of RTMPE's keys: nothing. */
#define _GNU_SOURCE
#include "../common.h"
#include "scenes.h"
#include <librtmp/log.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int lines, keys;

/* A run of 16 hexadecimal digits, with or without spaces between the bytes, is a key or a part of one. */
static void find_keys(int level, const char *format, va_list list) {
    char text[4096];
    int digits = 0;
    vsnprintf(text, sizeof text, format, list);
    for (const char *at = text; *at; at++) {
        digits = strchr("0123456789abcdefABCDEF", *at) ? digits + 1 : *at == ' ' && digits ? digits : 0;
        if (digits == 16) keys++, fprintf(stderr, "level %d: %s\n", level, text);
    }
    lines++;
}

static void *serve_enciphered(void *given) {
    int fd = accept(*(int *)given, NULL, NULL);
    RTMP *rtmp = fresh();
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    rtmp->m_sb.sb_socket = fd;
    long served = RTMP_Serve(rtmp);
    while (served && RTMP_ReadPacket(rtmp, &packet))
        if (RTMPPacket_IsReady(&packet)) RTMPPacket_Free(&packet);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
    return (void *)served;
}

/* RTMPE on both sides, with every line of the log looked at. */
void scene_keys(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    for (int level = RTMP_LOGCRIT; level <= RTMP_LOGALL; level++) {
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        pthread_t server;
        void *served;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = 0;
        bind(listener, (struct sockaddr *)&address, sizeof address);
        listen(listener, 1);
        getsockname(listener, (struct sockaddr *)&address, &length);
        RTMP_LogSetLevel(level);
        RTMP_LogSetCallback(find_keys);
        pthread_create(&server, NULL, serve_enciphered, &listener);
        RTMP *rtmp = fresh();
        snprintf(url, sizeof url, "rtmpe://127.0.0.1:%d/app/stream timeout=2", ntohs(address.sin_port));
        int connected = RTMP_SetupURL(rtmp, url) && RTMP_Connect(rtmp, NULL);
        int sent = connected && RTMP_SendCreateStream(rtmp);
        RTMP_Close(rtmp);
        RTMP_Free(rtmp);
        pthread_join(server, &served);
        printf("connected %d, sent %d, served %ld\n", connected, sent, (long)served);
        close(listener);
    }
    RTMP_LogSetCallback(quiet);
    RTMP_LogSetLevel(RTMP_LOGERROR);
    printf("%s lines, %d keys\n", lines > 10 ? "many" : "few", keys);
}
