/* What programs do with a handle beyond one session, and what must then be left: nothing. tests/hostile/life.rs.
 *
 * usage: life SCENE PORT
 * The peer on PORT serves plays of one tag that end. The last line says the descriptors and bytes left behind. The scenes
 * are in life/, by subject. */
#define _GNU_SOURCE
#include "common.h"
#include "life/scenes.h"
#include <librtmp/log.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

const char *port;
__thread char url[128];

int set_up(RTMP *rtmp) {
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%s/app/stream conn=S:text timeout=10", port);
    return RTMP_SetupURL(rtmp, url);
}

int begin(RTMP *rtmp) { return set_up(rtmp) && RTMP_Connect(rtmp, NULL) && RTMP_ConnectStream(rtmp, 0); }

int play(RTMP *rtmp) {
    char buffer[4096];
    int n, total = 0;
    if (!begin(rtmp)) return -1;
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) total += n;
    return total;
}

RTMP *fresh(void) {
    RTMP *rtmp = RTMP_Alloc();
    RTMP_Init(rtmp);
    return rtmp;
}

/* What may stay behind: what the C library keeps of threads, OpenSSL's tables, and what RTMP_Init makes a handle forget. */
enum { NOTHING = 64, ONE_OBJECT = 1024, OF_THREADS = 64 << 10, ANYTHING = 1 << 30 };

static const struct {
    const char *name;
    void (*run)(void);
    int is_first; /* it is about the first use itself */
    long stays;
} scenes[] = {
    {"cycles", scene_cycles, 0, NOTHING},
    {"closes", scene_closes, 0, ONE_OBJECT},
    {"garbage", scene_garbage, 0, ONE_OBJECT},
    {"moved", scene_moved, 0, NOTHING},
    {"again", scene_again, 0, NOTHING},
    {"fork", scene_fork, 0, NOTHING},
    {"unclosed", scene_unclosed, 0, NOTHING},
    {"stolen", scene_stolen, 0, NOTHING},
    {"handles", scene_handles, 1, OF_THREADS},
    {"three", scene_three, 0, OF_THREADS},
    {"exec", scene_exec, 1, ANYTHING},
    {"deep", scene_deep, 0, NOTHING},
    {"keys", scene_keys, 1, ANYTHING},
    {"calls", scene_calls, 0, NOTHING},
    {"fences", scene_fences, 0, NOTHING},
    {"stopped", scene_stopped, 0, OF_THREADS},
    {"taken", scene_taken, 0, NOTHING},
    {"link", scene_link, 0, NOTHING},
    {"cancelled", scene_cancelled, 1, OF_THREADS},
};

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    port = argv[2];
    if (!strcmp(argv[1], "fds")) return list_descriptors();
    static char lines_of_output[4096];
    setvbuf(stdout, lines_of_output, _IOLBF, sizeof lines_of_output);
    RTMP_LogSetCallback(quiet);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        if (strcmp(scenes[i].name, argv[1])) continue;
        int descriptors = open_descriptors();
        if (!scenes[i].is_first) {
            RTMP *rtmp = fresh();
            begin(rtmp);
            RTMP_Close(rtmp);
            RTMP_Free(rtmp);
        }
        size_t before = mallinfo2().uordblks;
        scenes[i].run();
        long more = (long)(mallinfo2().uordblks - before);
        if (more > scenes[i].stays) printf("left %ld bytes\n", more);
        printf("left %d descriptors, %s\n", open_descriptors() - descriptors,
               more <= scenes[i].stays ? "little memory" : "much memory");
        return 0;
    }
    return 2;
}
