/* One session of an ordinary C program, told on standard output line by line, for the peers of tests/hostile.
 *
 * usage: driver MODE URL [NAME=VALUE...]
 *   modes     play     connect, connect the stream, read FLV to the end
 *             read     the same without RTMP_ConnectStream, as GStreamer does
 *             packets  connect, then RTMP_ReadPacket and RTMP_ClientPacket to the end
 *             publish  connect, connect the stream, write FLV tags
 *             send     the same with RTMP_SendPacket
 *             flv      connect, connect the stream, RTMP_Write what stands on standard input
 *   settings  level=N (of the log), tags=N and size=N (to publish), buffer=N (to read into), sndbuf=N, rcvbuf=N,
 *             nonblock=1, timer=N (a signal each N microseconds), interrupt=N (RTMP_UserInterrupt by a signal after N ms),
 *             shutdown=N, close=N or closefd=N (by another thread after N ms),
 *             piece=N (of flv: bytes a call, 0 for any number), bytesin=N (received before, by the public counter),
 *             signal=1 (SIGPIPE has the program's own handler; else the default action, which kills), memory=N (MiB)
 * The last line is "done": descriptors left open, SIGPIPEs seen, and whether the handler is still the program's own. */
#define _GNU_SOURCE
#include "common.h"
#include <errno.h>
#include <fcntl.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 8 << 20, LINE = 2048, MIB = 1 << 20, TAG_HEADER = 11, FILE_HEADER = 13 };

static int count_of_arguments;
static char **arguments;
static volatile sig_atomic_t pipes;

static long setting(const char *name, long otherwise) {
    size_t length = strlen(name);
    for (int i = 3; i < count_of_arguments; i++)
        if (!strncmp(arguments[i], name, length) && arguments[i][length] == '=')
            return (long)strtoll(arguments[i] + length + 1, NULL, 0);
    return otherwise;
}

static void print_log(int level, const char *format, va_list list) {
    char text[LINE];
    if (level > (int)RTMP_debuglevel) return;
    vsnprintf(text, sizeof text, format, list);
    printf("log %d %s\n", level, text);
}

static void on_pipe(int number) {
    (void)number;
    pipes = pipes + 1;
}

static void on_timer(int number) { (void)number; }

static void on_interrupt(int number) {
    (void)number;
    RTMP_UserInterrupt();
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* What another thread does to the session's descriptor. */
struct meddler {
    RTMP *rtmp;
    long after;
    int closes, closes_descriptor;
};

static void *meddle(void *given) {
    struct meddler *meddler = given;
    usleep(meddler->after * 1000);
    if (meddler->closes)
        RTMP_Close(meddler->rtmp);
    else if (meddler->closes_descriptor)
        close(RTMP_Socket(meddler->rtmp));
    else
        shutdown(RTMP_Socket(meddler->rtmp), SHUT_RDWR);
    return NULL;
}

static void start_timer(void) {
    struct sigaction action = {0};
    struct itimerval every = {{0, setting("timer", 0)}, {0, setting("timer", 0)}};
    struct itimerval once = {{0, 0}, {0, setting("interrupt", 0) * 1000}};
    if (!setting("timer", 0) && !setting("interrupt", 0)) return;
    action.sa_handler = setting("interrupt", 0) ? on_interrupt : on_timer;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, setting("interrupt", 0) ? &once : &every, NULL);
}

static void stop_timer(void) {
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
}

static void prepare_socket(RTMP *rtmp) {
    int fd = RTMP_Socket(rtmp), size = (int)setting("sndbuf", 0);
    if (size) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    size = (int)setting("rcvbuf", 0);
    if (size) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    printf("cloexec %d\n", (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

/* The tags of an FLV byte stream, with a sum of each body. */
static void list_tags(const unsigned char *flv, size_t length) {
    size_t at = FILE_HEADER;
    if (length < FILE_HEADER) return;
    while (length - at >= TAG_HEADER + 4) {
        const unsigned char *tag = flv + at;
        size_t size = tag[1] << 16 | tag[2] << 8 | tag[3];
        unsigned long time = (unsigned long)tag[7] << 24 | tag[4] << 16 | tag[5] << 8 | tag[6];
        unsigned sum = 0;
        if (length - at < TAG_HEADER + 4 + size) break;
        for (size_t i = 0; i < size; i++) sum = sum * 31 + tag[TAG_HEADER + i];
        printf("tag %d at %lu, %zu bytes, sum %08x\n", tag[0], time, size, sum);
        at += TAG_HEADER + size + 4;
    }
    printf("rest %zu\n", length - at);
}

static void read_all(RTMP *rtmp) {
    int size = (int)setting("buffer", 65536), n, waits = 0;
    char *buffer = malloc(size);
    unsigned char *kept = malloc(KEPT);
    size_t length = 0, total = 0;
    for (;;) {
        n = RTMP_Read(rtmp, buffer, size);
        if (n <= 0 && setting("nonblock", 0) && RTMP_IsConnected(rtmp) && RTMP_IsTimedout(rtmp) && waits++ < 2000) {
            usleep(1000);
            continue;
        }
        if (n <= 0) break;
        total += n;
        if (length + n <= KEPT) {
            memcpy(kept + length, buffer, n);
            length += n;
        }
    }
    printf("read %zu, then %d, status %d, timed out %d, connected %d\n", total, n, rtmp->m_read.status,
           RTMP_IsTimedout(rtmp), RTMP_IsConnected(rtmp));
    list_tags(kept, length);
    free(kept);
    free(buffer);
}

static void read_packets(RTMP *rtmp) {
    RTMPPacket packet = {0};
    long count = 0, bytes = 0;
    while (RTMP_IsConnected(rtmp) && RTMP_ReadPacket(rtmp, &packet)) {
        if (!RTMPPacket_IsReady(&packet)) continue;
        count++;
        bytes += packet.m_nBodySize;
        if (count < 1000) printf("packet %d at %u, %u bytes\n", packet.m_packetType, packet.m_nTimeStamp, packet.m_nBodySize);
        RTMP_ClientPacket(rtmp, &packet);
        RTMPPacket_Free(&packet);
    }
    printf("packets %ld, bytes %ld, calls %d\n", count, bytes, rtmp->m_numCalls);
}

static void put_tag(unsigned char *tag, int kind, unsigned size, unsigned time) {
    unsigned whole = size + TAG_HEADER;
    memset(tag, 0, TAG_HEADER);
    tag[0] = (unsigned char)kind;
    tag[1] = size >> 16, tag[2] = size >> 8, tag[3] = size;
    tag[4] = time >> 16, tag[5] = time >> 8, tag[6] = time, tag[7] = time >> 24;
    for (unsigned i = 0; i < size; i++) tag[TAG_HEADER + i] = (unsigned char)(i + time);
    tag += TAG_HEADER + size;
    tag[0] = whole >> 24, tag[1] = whole >> 16, tag[2] = whole >> 8, tag[3] = whole;
}

static int send_one(RTMP *rtmp, const char *mode, unsigned char *tag, int kind, unsigned size, unsigned time) {
    RTMPPacket packet = {0};
    put_tag(tag, kind, size, time);
    // The file header stands before the first tag; alone it would be too much for the reference.
    if (!strcmp(mode, "publish")) {
        unsigned before = time ? 0 : FILE_HEADER;
        return RTMP_Write(rtmp, (char *)tag - before, (int)(before + TAG_HEADER + size + 4));
    }
    packet.m_nChannel = 4;
    packet.m_headerType = RTMP_PACKET_SIZE_MEDIUM;
    packet.m_packetType = (unsigned char)kind;
    packet.m_nTimeStamp = time;
    packet.m_nInfoField2 = rtmp->m_stream_id;
    packet.m_nBodySize = size;
    packet.m_body = (char *)tag + TAG_HEADER;
    return RTMP_SendPacket(rtmp, &packet, 0);
}

static void write_all(RTMP *rtmp, const char *mode) {
    static const char header[FILE_HEADER] = "FLV\1\5\0\0\0\11\0\0\0";
    unsigned size = (unsigned)setting("size", 1000);
    long tags = setting("tags", 10), sent = 0;
    unsigned char *bytes = malloc(FILE_HEADER + TAG_HEADER + size + 4), *tag = bytes + FILE_HEADER;
    double began = seconds();
    int last = 0;
    memcpy(bytes, header, FILE_HEADER);
    while (sent < tags && (last = send_one(rtmp, mode, tag, sent % 2 ? 8 : 9, size, (unsigned)sent * 20)) > 0) {
        sent++;
        if (setting("pace", 0)) usleep(setting("pace", 0));
    }
    printf("wrote %ld tags, then %d, connected %d\n", sent, last, RTMP_IsConnected(rtmp));
    printf("writing took %.0f seconds\n", seconds() - began);
    free(bytes);
}

/* Standard input in pieces. A piece that is refused is passed over. */
static void write_input(RTMP *rtmp) {
    char *bytes = malloc(KEPT);
    size_t length = fread(bytes, 1, KEPT, stdin), at = 0;
    long piece = setting("piece", KEPT), refusals = 0;
    unsigned seed = 1;
    while (at < length && RTMP_IsConnected(rtmp)) {
        size_t size = (size_t)(piece ? piece : 1 + rand_r(&seed) % 500);
        if (size > length - at) size = length - at;
        int n = RTMP_Write(rtmp, bytes + at, (int)size);
        if (n != (int)size) refusals++;
        at += size;
    }
    printf("wrote %zu of %zu bytes, refused %ld, connected %d\n", at, length, refusals, RTMP_IsConnected(rtmp));
    free(bytes);
}

static void run(RTMP *rtmp, const char *mode) {
    struct meddler meddler = {rtmp, setting("shutdown", setting("close", setting("closefd", 0))), setting("close", 0) != 0,
                              setting("closefd", 0) != 0};
    pthread_t thread;
    int connected = RTMP_Connect(rtmp, NULL);
    printf("connect %d\n", connected);
    if (!connected) return;
    prepare_socket(rtmp);
    if (meddler.after) pthread_create(&thread, NULL, meddle, &meddler);
    if (!strcmp(mode, "packets")) {
        read_packets(rtmp);
    } else if (!strcmp(mode, "read")) {
        read_all(rtmp);
    } else {
        int streams = RTMP_ConnectStream(rtmp, 0);
        printf("stream %d, id %d\n", streams, rtmp->m_stream_id);
        // Once the stream is there: RTMP_ConnectStream does not wait on such a descriptor.
        if (setting("nonblock", 0)) fcntl(RTMP_Socket(rtmp), F_SETFL, fcntl(RTMP_Socket(rtmp), F_GETFL) | O_NONBLOCK);
        if (streams && setting("bytesin", 0)) rtmp->m_nBytesIn = rtmp->m_nBytesInSent = (int)setting("bytesin", 0);
        if (streams && !strcmp(mode, "play")) read_all(rtmp);
        else if (streams && !strcmp(mode, "flv")) write_input(rtmp);
        else if (streams) write_all(rtmp, mode);
    }
    if (meddler.after) pthread_join(thread, NULL);
}

int main(int argc, char **argv) {
    count_of_arguments = argc;
    arguments = argv;
    if (argc < 3) return 2;
    struct sigaction own = {0}, now;
    own.sa_handler = on_pipe;
    if (setting("signal", 0)) sigaction(SIGPIPE, &own, NULL);
    sigaction(SIGPIPE, NULL, &own);
    struct rlimit memory = {setting("memory", 256) * MIB, setting("memory", 256) * MIB}, cpu = {20, 20};
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CPU, &cpu);
    setvbuf(stdout, NULL, _IOFBF, 65536);
    RTMP_LogSetCallback(print_log);
    RTMP_LogSetLevel((int)setting("level", RTMP_LOGINFO));
    int before = open_descriptors();
    RTMP *rtmp = RTMP_Alloc();
    RTMP_Init(rtmp);
    if (!RTMP_SetupURL(rtmp, argv[2])) return 3;
    if (strcmp(argv[1], "play") && strcmp(argv[1], "read") && strcmp(argv[1], "packets")) RTMP_EnableWrite(rtmp);
    start_timer();
    double began = seconds();
    run(rtmp, argv[1]);
    RTMP_Close(rtmp);
    stop_timer();
    printf("took %.0f seconds\n", seconds() - began);
    RTMP_Free(rtmp);
    sigaction(SIGPIPE, NULL, &now);
    printf("done: descriptors %d, signals %d, handler %s\n", open_descriptors() - before, (int)pipes,
           now.sa_handler == own.sa_handler ? "kept" : "changed");
    return 0;
}
