/* Sessions in which memory runs out: in each child process another allocation fails, or it and all that follow.
 *
 * usage: scarce play|publish|garbage PORT once|onwards
 * Ends after the first session that needed fewer allocations. Prints what became of the sessions, and the first that was
 * killed. The program's own malloc stands before the C library's, so every allocation of the process is seen. */
#define _GNU_SOURCE
#include <errno.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum { TAGS = 20, PLAYED = 13 + 11 + 70 + 4, MOST = 100000, WHOLE = 0, FAILED = 1, WRONG = 2, ENOUGH = 64 };

static int armed, onwards, refused;
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

static void quiet(int level, const char *format, va_list list) {
    char text[256];
    vsnprintf(text, sizeof text, format, list);
    (void)level;
}

static int read_all(RTMP *rtmp) {
    char buffer[4096];
    int n, total = 0;
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) total += n;
    return total == PLAYED ? WHOLE : total < PLAYED ? FAILED : WRONG;
}

static int write_all(RTMP *rtmp) {
    static unsigned char tag[11 + 300 + 4] = {9, 0, 1, 44};
    tag[sizeof tag - 2] = 1, tag[sizeof tag - 1] = 55;
    for (int i = 0; i < TAGS; i++)
        if (RTMP_Write(rtmp, (char *)tag, sizeof tag) <= 0) return FAILED;
    return WHOLE;
}

static int session(const char *mode, char *url) {
    RTMP *rtmp = RTMP_Alloc();
    int result = FAILED;
    if (!rtmp) return FAILED;
    RTMP_Init(rtmp);
    if (RTMP_SetupURL(rtmp, url)) {
        int publishes = !strcmp(mode, "publish");
        if (publishes) RTMP_EnableWrite(rtmp);
        if (RTMP_Connect(rtmp, NULL) && RTMP_ConnectStream(rtmp, 0)) result = publishes ? write_all(rtmp) : read_all(rtmp);
    }
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
    return result;
}

int main(int argc, char **argv) {
    char url[160];
    long results[ENOUGH + 3] = {0}, killed = 0, first = 0, spared = 0, n = 0;
    if (argc < 4) return 2;
    setvbuf(stdout, NULL, _IOLBF, 4096);
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%s/app/stream conn=S:text live=1 timeout=5", argv[2]);
    RTMP_LogSetCallback(quiet);
    while (!spared && n++ < MOST) {
        pid_t child = fork();
        if (!child) {
            left = n, onwards = !strcmp(argv[3], "onwards"), armed = 1;
            int result = session(argv[1], url);
            armed = 0;
            _exit(refused ? result : result + ENOUGH);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) {
            killed++;
            if (!first) first = n, printf("killed by signal %d at allocation %ld\n", WTERMSIG(status), n);
            continue;
        }
        results[WEXITSTATUS(status)]++;
        spared = WEXITSTATUS(status) >= ENOUGH;
    }
    printf("%ld allocations: killed %ld, wrong %ld, failed %ld, whole %ld, at last whole %ld\n", n - 1, killed,
           results[WRONG], results[FAILED], results[WHOLE], results[ENOUGH]);
    return 0;
}
