/* Sessions in which memory runs out: in each child process another allocation fails, or it and all that follow; or the
 * process gets so many KiB of memory more and no others.
 *
 * usage: scarce MODE URL BYTES once|onwards|limited STEP [KIB]
 *   modes     play, media (packets), chunks, or resume (behind a frame of BYTES)
 *             publish, send (one large packet), metadata (one large tag in pieces),
 *             unread (a publish to a server that sends much meanwhile)
 *             values (AMF) and swf (a SWF file's hash), which need no session
 *   BYTES     what is then read or decoded
 *   STEP      one in so many allocations, or numbers of KiB, is tried
 * Ends after the first session that needed fewer allocations, or with KIB (MOST_KIB). Prints what became of the sessions,
 * and the first that was killed. The program's own malloc stands before the C library's, so every allocation of the process
 * is seen. */
#define _GNU_SOURCE
#include "common.h"
#include <errno.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum { TAGS = 20, MANY_TAGS = 2000, MOST = 100000, MOST_KIB = 2048, STACK = 512 << 10, ENOUGH = 64, LARGE = 12 << 20 };
/* What became of a session. */
enum { WHOLE = 0, FAILED = 1, WRONG = 2 };

static int whole, armed, onwards, refused;
static long left;

static int refuse(void) {
    if (!armed || --left > 0 || (left < 0 && !onwards)) return 0;
    refused = 1;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size) { return refuse() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return refuse() ? NULL : __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { return refuse() ? NULL : __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { return refuse() ? NULL : __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return refuse() ? NULL : __libc_memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) {
    if (refuse()) return ENOMEM;
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}

static int judged(int total) { return total == whole ? WHOLE : total < whole ? FAILED : WRONG; }

static int read_all(RTMP *rtmp) {
    char buffer[4096];
    int n, total = 0;
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) total += n;
    return judged(total);
}

/* As a program does that has a key frame already. */
static int resume_all(RTMP *rtmp) {
    char *frame = __libc_malloc(whole), buffer[4096];
    int n, total = 0;
    memset(frame, 0x17, whole);
    rtmp->m_read.flags |= RTMP_READ_RESUME;
    rtmp->m_read.initialFrameType = RTMP_PACKET_TYPE_VIDEO;
    rtmp->m_read.initialFrame = rtmp->m_read.metaHeader = frame;
    rtmp->m_read.nInitialFrameSize = rtmp->m_read.nMetaHeaderSize = whole;
    rtmp->m_read.nResumeTS = 20;
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) total += n;
    free(frame);
    return total == 11 + 70 + 4 ? WHOLE : total ? WRONG : FAILED;
}

static int read_media(RTMP *rtmp) {
    RTMPPacket packet = {0};
    int total = 0;
    while (RTMP_GetNextMediaPacket(rtmp, &packet) == 1) {
        total += packet.m_nBodySize;
        RTMPPacket_Free(&packet);
    }
    return judged(total);
}

/* As a program does that wants to see every chunk. */
static int read_chunks(RTMP *rtmp) {
    RTMPChunk chunk = {0};
    RTMPPacket packet = {.m_chunk = &chunk};
    int total = 0;
    while (RTMP_ReadPacket(rtmp, &packet)) {
        if (!RTMPPacket_IsReady(&packet)) continue;
        if (packet.m_packetType == RTMP_PACKET_TYPE_INFO) total += packet.m_nBodySize;
        RTMP_ClientPacket(rtmp, &packet);
        RTMPPacket_Free(&packet);
    }
    return judged(total);
}

static int send_large(RTMP *rtmp) {
    static char memory[RTMP_MAX_HEADER_SIZE + LARGE];
    RTMPPacket packet = {.m_headerType = RTMP_PACKET_SIZE_LARGE, .m_packetType = RTMP_PACKET_TYPE_VIDEO, .m_nChannel = 4};
    packet.m_nInfoField2 = rtmp->m_stream_id;
    packet.m_body = memory + RTMP_MAX_HEADER_SIZE;
    packet.m_nBodySize = LARGE;
    return RTMP_SendPacket(rtmp, &packet, 0) ? WHOLE : FAILED;
}

/* A script tag with many values, in two pieces. */
static int write_metadata(RTMP *rtmp) {
    static unsigned char tag[11 + LARGE + 4] = {18, LARGE >> 16, LARGE >> 8 & 255, LARGE & 255};
    static const char name[] = "\2\0\12onMetaData";
    enum { FIRST = 8 << 20, REST = sizeof tag - FIRST };
    memset(tag + 11, 5, LARGE);
    memcpy(tag + 11, name, sizeof name - 1);
    tag[sizeof tag - 4] = (LARGE + 11) >> 24, tag[sizeof tag - 3] = (LARGE + 11) >> 16 & 255;
    tag[sizeof tag - 2] = (LARGE + 11) >> 8 & 255, tag[sizeof tag - 1] = (LARGE + 11) & 255;
    int first = RTMP_Write(rtmp, (char *)tag, FIRST);
    return first == FIRST && RTMP_Write(rtmp, (char *)tag + FIRST, REST) == REST ? WHOLE : FAILED;
}

/* Objects that hold a null each, decoded and freed. */
static int decode_values(void) {
    static const char value[] = {3, 0, 1, 'a', 5, 0, 0, 9};
    char *bytes = __libc_malloc(whole);
    AMFObject object;
    for (int i = 0; i < whole; i++) bytes[i] = value[i % sizeof value];
    int total = AMF_Decode(&object, bytes, whole, 0);
    AMF_Reset(&object);
    free(bytes);
    return total < 0 ? FAILED : judged(total);
}

/* The hash of a SWF file, of which only the size is judged. */
static int hash_swf(const char *url) {
    unsigned size = 0;
    unsigned char hash[RTMP_SWF_HASHLEN];
    return RTMP_HashSWF(url, &size, hash, 1) ? FAILED : judged((int)size);
}

static int write_tags(RTMP *rtmp, int count) {
    static unsigned char tag[11 + 300 + 4] = {9, 0, 1, 44};
    tag[sizeof tag - 2] = 1, tag[sizeof tag - 1] = 55;
    for (int i = 0; i < count; i++) {
        if (RTMP_Write(rtmp, (char *)tag, sizeof tag) <= 0) return FAILED;
        if (i % 32 == 31 && count > TAGS) usleep(100);
    }
    return WHOLE;
}

static int write_all(RTMP *rtmp) { return write_tags(rtmp, TAGS); }

/* As a program does that has read one packet, so that nothing is taken away from it, and then only writes. */
static int write_unread(RTMP *rtmp) {
    RTMPPacket packet = {0};
    if (!RTMP_ReadPacket(rtmp, &packet)) return FAILED;
    RTMPPacket_Free(&packet);
    int result = write_tags(rtmp, MANY_TAGS);
    /* Nobody answers the farewell. */
    shutdown(RTMP_Socket(rtmp), SHUT_RDWR);
    return result;
}

/* What there is to do on a stream, and in which direction. */
static const struct {
    const char *name;
    int publishes;
    int (*run)(RTMP *);
} MODES[] = {{"play", 0, read_all}, {"resume", 0, resume_all}, {"media", 0, read_media}, {"chunks", 0, read_chunks},
             {"publish", 1, write_all}, {"send", 1, send_large}, {"metadata", 1, write_metadata}, {"unread", 1, write_unread}, {NULL, 0, NULL}};

static int session(const char *mode, char *url) {
    int which = 0;
    if (!strcmp(mode, "values")) return decode_values();
    if (!strcmp(mode, "swf")) return hash_swf(url);
    while (MODES[which].name && strcmp(MODES[which].name, mode)) which++;
    if (!MODES[which].name) abort();
    RTMP *rtmp = RTMP_Alloc();
    int result = FAILED;
    if (!rtmp) return FAILED;
    RTMP_Init(rtmp);
    if (RTMP_SetupURL(rtmp, url)) {
        if (MODES[which].publishes) RTMP_EnableWrite(rtmp);
        if (RTMP_Connect(rtmp, NULL) && RTMP_ConnectStream(rtmp, 0)) result = MODES[which].run(rtmp);
    }
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
    return result;
}

/* What the process may have: so much more than it has, with a stack that need not grow. */
static void limit(long kib) {
    volatile char stack[STACK];
    long pages = 0;
    for (int i = 0; i < STACK; i += 4096) stack[i] = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld", &pages) != 1 || stack[0]) abort();
    fclose(file);
    rlim_t most = (rlim_t)(pages * sysconf(_SC_PAGESIZE) + kib * 1024);
    if (setrlimit(RLIMIT_AS, &(struct rlimit){most, most})) abort();
}

/* One session in a process of its own: its result, and ENOUGH more when no less memory need be tried. */
static int child(const char *mode, char *url, const char *how, long n, long most) {
    if (!strcmp(how, "limited")) {
        limit(n);
        return session(mode, url) + (n >= most ? ENOUGH : 0);
    }
    left = n, onwards = !strcmp(how, "onwards"), armed = 1;
    int result = session(mode, url);
    armed = 0;
    return refused ? result : result + ENOUGH;
}

int main(int argc, char **argv) {
    long results[ENOUGH + 3] = {0}, killed = 0, spared = 0, n = 1, step = argc >= 6 ? atol(argv[5]) : 0;
    long most = argc == 7 ? atol(argv[6]) : MOST_KIB;
    if (step < 1) return 2;
    whole = atoi(argv[3]);
    setvbuf(stdout, NULL, _IOLBF, 4096);
    RTMP_LogSetCallback(quiet);
    for (; !spared && n < MOST; n += step) {
        pid_t process = fork();
        if (!process) _exit(child(argv[1], argv[2], argv[4], n, most));
        int status = 0;
        waitpid(process, &status, 0);
        if (WIFSIGNALED(status)) {
            if (!killed++) printf("killed by signal %d at %ld\n", WTERMSIG(status), n);
            continue;
        }
        results[WEXITSTATUS(status)]++;
        spared = WEXITSTATUS(status) >= ENOUGH;
    }
    printf("up to %ld: killed %ld, wrong %ld, failed %ld, whole %ld, at last whole %ld\n", n - step, killed,
           results[WRONG], results[FAILED], results[WHOLE], results[ENOUGH]);
    return 0;
}
