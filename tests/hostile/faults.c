/* Sessions one after the other with a peer that cuts each at another byte: tests/hostile/faults.rs.
 *
 * usage: faults play|publish PORT COUNT TIMEOUT BUFFER
 * Prints a line for each session. At the end, what the later sessions have left behind: bytes and descriptors. */
#define _GNU_SOURCE
#include <dirent.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAG_HEADER = 11, MANY_TAGS = 100000, SETTLED = 20, FIRST_BODY = 10 };

static unsigned sum_of(unsigned sum, const char *bytes, int count) {
    for (int i = 0; i < count; i++) sum = (sum ^ (unsigned char)bytes[i]) * 16777619u;
    return sum;
}

static int open_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    if (!directory) return -1;
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

static void quiet(int level, const char *format, va_list list) {
    char text[256];
    vsnprintf(text, sizeof text, format, list);
    (void)level;
}

static void read_all(RTMP *rtmp, int size) {
    char buffer[65536];
    unsigned sum = 2166136261u;
    int total = 0, n;
    while ((n = RTMP_Read(rtmp, buffer, size)) > 0) {
        sum = sum_of(sum, buffer, n);
        total += n;
    }
    printf(" read %d sum %08x then %d status %d connected %d", total, sum, n, rtmp->m_read.status, RTMP_IsConnected(rtmp));
}

/* Tags until the connection is gone: their sizes and times depend on their number alone. */
static void write_all(RTMP *rtmp) {
    unsigned char tag[512];
    int sent = 0, last = 1;
    for (; last > 0 && sent < MANY_TAGS; sent++) {
        unsigned size = FIRST_BODY + sent * 37 % 200, whole = TAG_HEADER + size, time = sent * 20;
        memset(tag, sent, sizeof tag);
        tag[0] = sent % 2 ? RTMP_PACKET_TYPE_AUDIO : RTMP_PACKET_TYPE_VIDEO;
        tag[1] = 0, tag[2] = 0, tag[3] = size;
        tag[4] = time >> 16, tag[5] = time >> 8, tag[6] = time, tag[7] = time >> 24;
        tag[8] = tag[9] = tag[10] = 0;
        tag[whole] = 0, tag[whole + 1] = 0, tag[whole + 2] = whole >> 8, tag[whole + 3] = whole;
        last = RTMP_Write(rtmp, (char *)tag, (int)whole + 4);
        if (sent > 30) usleep(200);
    }
    printf(" wrote %d connected %d", last, RTMP_IsConnected(rtmp));
}

static void session(const char *mode, const char *url, int size) {
    RTMP *rtmp = RTMP_Alloc();
    RTMP_Init(rtmp);
    char *copy = strdup(url);
    RTMP_SetupURL(rtmp, copy);
    if (!strcmp(mode, "publish")) RTMP_EnableWrite(rtmp);
    int connected = RTMP_Connect(rtmp, NULL);
    int stream = connected && RTMP_ConnectStream(rtmp, 0);
    printf("connect %d stream %d", connected, stream);
    if (stream && !strcmp(mode, "play")) read_all(rtmp, size);
    else if (stream) write_all(rtmp);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
    free(copy);
    printf("\n");
}

int main(int argc, char **argv) {
    char url[128];
    if (argc < 6) return 2;
    int count = atoi(argv[3]), descriptors = 0;
    size_t before = 0;
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%s/app/stream tcUrl=rtmp://server/app timeout=%s", argv[2], argv[4]);
    static char output[65536];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    RTMP_LogSetCallback(quiet);
    for (int i = 0; i < count; i++) {
        if (i == SETTLED) {
            before = mallinfo2().uordblks;
            descriptors = open_descriptors();
        }
        session(argv[1], url, atoi(argv[5]));
    }
    if (count > SETTLED)
        printf("left %d bytes, %d descriptors\n", (int)(mallinfo2().uordblks - before), open_descriptors() - descriptors);
    else
        printf("left 0 bytes, 0 descriptors\n");
    return 0;
}
