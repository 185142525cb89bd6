/* Sessions with peers that cut each at another byte: tests/hostile/faults.rs.
 *
 * usage: faults play|publish|fill|pieces TIMEOUT BUFFER PORT:COUNT...
 *   publish  tags until the connection is gone    fill    the same through a small buffer, as fast as it takes them
 *   pieces   some tags, by the byte (BUFFER 1) or in any pieces
 * So many sessions with each peer one after the other, the peers side by side. Prints a line for each session, in the
 * order of the arguments. At the end, what all but the first session have left behind: bytes and descriptors. */
#define _GNU_SOURCE
#include "common.h"
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TAG_HEADER = 11, MANY_TAGS = 100000, FEW_TAGS = 30, FIRST_BODY = 10, MOST_PEERS = 512 };

static const char *mode, *timeout;
static int size;

/* The sessions with one peer, and the lines about them. */
struct peer {
    char *port, *text;
    size_t length;
    FILE *lines;
    int count;
    pthread_t thread;
};

static unsigned sum_of(unsigned sum, const char *bytes, int count) {
    for (int i = 0; i < count; i++) sum = (sum ^ (unsigned char)bytes[i]) * 16777619u;
    return sum;
}

static void read_all(RTMP *rtmp, FILE *lines) {
    char buffer[65536];
    unsigned sum = 2166136261u;
    int total = 0, n;
    while ((n = RTMP_Read(rtmp, buffer, size)) > 0) {
        sum = sum_of(sum, buffer, n);
        total += n;
    }
    fprintf(lines, " read %d sum %08x then %d status %d connected %d", total, sum, n, rtmp->m_read.status, RTMP_IsConnected(rtmp));
}

/* In pieces of any size. */
static int write_pieces(RTMP *rtmp, const char *bytes, int length) {
    static __thread unsigned seed = 1;
    for (int at = 0, piece; at < length; at += piece) {
        piece = size == 1 ? 1 : 1 + rand_r(&seed) % 60;
        if (piece > length - at) piece = length - at;
        if (RTMP_Write(rtmp, bytes + at, piece) != piece) return -1;
    }
    return length;
}

/* Tags until the connection is gone, or a few: their sizes and times depend on their number alone. */
static void write_all(RTMP *rtmp, FILE *lines) {
    unsigned char tag[512];
    int sent = 0, last = 1, pieces = !strcmp(mode, "pieces"), small = 4096;
    if (!strcmp(mode, "fill")) setsockopt(RTMP_Socket(rtmp), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    for (; last > 0 && sent < (pieces ? FEW_TAGS : MANY_TAGS); sent++) {
        unsigned size = FIRST_BODY + sent * 37 % 200, whole = TAG_HEADER + size, time = sent * 20;
        memset(tag, sent, sizeof tag);
        tag[0] = sent % 2 ? RTMP_PACKET_TYPE_AUDIO : RTMP_PACKET_TYPE_VIDEO;
        tag[1] = 0, tag[2] = 0, tag[3] = size;
        tag[4] = time >> 16, tag[5] = time >> 8, tag[6] = time, tag[7] = time >> 24;
        tag[8] = tag[9] = tag[10] = 0;
        tag[whole] = 0, tag[whole + 1] = 0, tag[whole + 2] = whole >> 8, tag[whole + 3] = whole;
        last = pieces ? write_pieces(rtmp, (char *)tag, (int)whole + 4) : RTMP_Write(rtmp, (char *)tag, (int)whole + 4);
        if (sent > 30 && strcmp(mode, "fill")) usleep(200);
    }
    fprintf(lines, " wrote %d connected %d", last, RTMP_IsConnected(rtmp));
}

static void session(struct peer *peer) {
    RTMP *rtmp = RTMP_Alloc();
    char url[128];
    int plays = !strcmp(mode, "play");
    RTMP_Init(rtmp);
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%s/app/stream tcUrl=rtmp://server/app timeout=%s", peer->port, timeout);
    RTMP_SetupURL(rtmp, url);
    if (!plays) RTMP_EnableWrite(rtmp);
    int connected = RTMP_Connect(rtmp, NULL);
    int stream = connected && RTMP_ConnectStream(rtmp, 0);
    fprintf(peer->lines, "connect %d stream %d", connected, stream);
    if (stream && plays) read_all(rtmp, peer->lines);
    else if (stream) write_all(rtmp, peer->lines);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
    fputc('\n', peer->lines);
    peer->count--;
}

static void *sessions(void *given) {
    struct peer *peer = given;
    while (peer->count > 0) session(peer);
    return NULL;
}

int main(int argc, char **argv) {
    static struct peer peers[MOST_PEERS];
    static char output[65536];
    int count = argc - 4;
    if (count < 1 || count > MOST_PEERS) return 2;
    mode = argv[1], timeout = argv[2], size = atoi(argv[3]);
    setvbuf(stdout, output, _IOFBF, sizeof output);
    RTMP_LogSetCallback(quiet);
    for (int i = 0; i < count; i++) {
        peers[i].port = strtok(argv[4 + i], ":");
        peers[i].count = atoi(strtok(NULL, ":"));
        peers[i].lines = open_memstream(&peers[i].text, &peers[i].length);
    }
    session(&peers[0]);
    int descriptors = open_descriptors();
    size_t before = mallinfo2().uordblks;
    for (int i = 1; i < count; i++) pthread_create(&peers[i].thread, NULL, sessions, &peers[i]);
    sessions(&peers[0]);
    for (int i = 1; i < count; i++) pthread_join(peers[i].thread, NULL);
    long bytes = (long)(mallinfo2().uordblks - before);
    for (int i = 0; i < count; i++) {
        fclose(peers[i].lines);
        fwrite(peers[i].text, 1, peers[i].length, stdout);
    }
    printf("left %ld bytes, %d descriptors\n", bytes, open_descriptors() - descriptors);
    return 0;
}
