/* What programs do with a handle beyond one session, and what must then be left: nothing. tests/hostile/life.rs.
 *
 * usage: life SCENE PORT
 * The peer on PORT serves plays of one tag that end. The last line says the descriptors and bytes left behind. */
#define _GNU_SOURCE
#include "common.h"
#include <dirent.h>
#include <fcntl.h>
#include <librtmp/log.h>
#include <librtmp/amf.h>
#include <librtmp/rtmp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The library keeps pointers into it. */
static __thread char url[128];
static const char *port;

static int set_up(RTMP *rtmp) {
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%s/app/stream conn=S:text timeout=10", port);
    return RTMP_SetupURL(rtmp, url);
}

static int begin(RTMP *rtmp) { return set_up(rtmp) && RTMP_Connect(rtmp, NULL) && RTMP_ConnectStream(rtmp, 0); }

/* A whole play; the bytes it gave. */
static int play(RTMP *rtmp) {
    char buffer[4096];
    int n, total = 0;
    if (!begin(rtmp)) return -1;
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) total += n;
    return total;
}

static RTMP *fresh(void) {
    RTMP *rtmp = RTMP_Alloc();
    RTMP_Init(rtmp);
    return rtmp;
}

static void scene_cycles(void) {
    RTMP *rtmp = fresh();
    int good = 0;
    for (int i = 0; i < 300; i++) {
        good += play(rtmp) == 13 + 11 + 70 + 4;
        RTMP_Close(rtmp);
    }
    RTMP_Free(rtmp);
    printf("%d plays\n", good);
}

static void scene_closes(void) {
    RTMP *rtmp = fresh();
    RTMP_Close(rtmp);
    RTMP_Close(rtmp);
    printf("play %d\n", play(rtmp));
    RTMP_Close(rtmp);
    RTMP_Close(rtmp);
    RTMP_Init(rtmp);
    RTMP_Close(rtmp);
    printf("play %d\n", play(rtmp));
    RTMP_Close(rtmp);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

static void scene_garbage(void) {
    RTMP on_stack;
    memset(&on_stack, 0xa5, sizeof on_stack);
    RTMP_Init(&on_stack);
    printf("play %d\n", play(&on_stack));
    RTMP_Close(&on_stack);
    memset(&on_stack, 0xff, sizeof on_stack);
    RTMP_Init(&on_stack);
    RTMP_Close(&on_stack);
}

static void scene_moved(void) {
    RTMP *one = fresh(), *other = RTMP_Alloc();
    char buffer[64];
    int n, total = 0;
    printf("begin %d\n", begin(one));
    total = RTMP_Read(one, buffer, sizeof buffer);
    memcpy(other, one, sizeof *other);
    // Only its memory is left of the first one: a plain free is for that.
    memset(one, 0xa5, sizeof *one);
    free(one);
    while ((n = RTMP_Read(other, buffer, sizeof buffer)) > 0) total += n;
    printf("play %d\n", total);
    RTMP_Close(other);
    RTMP_Free(other);
}

static void scene_again(void) {
    RTMP *rtmp = fresh();
    for (int i = 0; i < 3; i++) printf("set up %d\n", set_up(rtmp));
    printf("play %d\n", play(rtmp));
    rtmp->Link.timeout = 1;
    printf("reconnect %d\n", RTMP_ReconnectStream(rtmp, 0));
    RTMP_Close(rtmp);
    printf("reconnect %d\n", RTMP_ReconnectStream(rtmp, 0));
    printf("connect again %d\n", begin(rtmp));
    printf("connect over it %d\n", begin(rtmp));
    RTMP_DeleteStream(rtmp);
    RTMP_DeleteStream(rtmp);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

/* A program that forgets RTMP_Close. */
static void scene_unclosed(void) {
    RTMP *rtmp = fresh();
    printf("begin %d\n", begin(rtmp));
    RTMP_Free(rtmp);
}

/* The program has closed the descriptor itself, and its number stands for a connection of somebody else's. */
static void scene_taken(void) {
    RTMP *rtmp = fresh();
    int ends[2];
    char byte;
    printf("begin %d\n", begin(rtmp));
    int fd = RTMP_Socket(rtmp);
    close(fd);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return;
    int other = ends[0] == fd ? ends[1] : ends[0];
    RTMP_Free(rtmp);
    printf("open %d, bytes %zd\n", fcntl(fd, F_GETFD) >= 0, recv(other, &byte, 1, MSG_DONTWAIT));
    close(ends[0]);
    close(ends[1]);
}

/* Settings are copied from a handle to another, and back to their own after its end. */
static void scene_link(void) {
    RTMP *one = fresh(), *other = fresh();
    printf("begin %d\n", begin(one));
    RTMP_LNK kept = one->Link;
    other->Link = one->Link;
    printf("other %d\n", RTMP_Connect(other, NULL) && RTMP_ConnectStream(other, 0));
    other->Link.playpath0 = other->Link.tcUrl = other->Link.app = (AVal){0};
    other->Link.extras = (AMFObject){0};
    RTMP_Close(other);
    kept.playpath.av_val = strdup("stream");
    kept.playpath0 = kept.playpath;
    RTMP_Close(one);
    kept.extras = one->Link.extras;
    one->Link = kept;
    printf("again %d\n", RTMP_Connect(one, NULL) && RTMP_ConnectStream(one, 0));
    RTMP_Close(one);
    RTMP_Free(one);
    RTMP_Free(other);
}

/* The descriptor is closed behind the library's back, and its number given to another file. */
static void scene_stolen(void) {
    RTMP *rtmp = fresh();
    char buffer[4096];
    printf("begin %d\n", begin(rtmp));
    int fd = RTMP_Socket(rtmp), file = open("/dev/null", O_RDWR);
    dup2(file, fd);
    close(file);
    int n;
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) {
    }
    printf("read %d\n", n);
    printf("connected %d\n", RTMP_IsConnected(rtmp));
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

/* A child that forks, frees what it has inherited and leaves must not end the parent's session. */
static void scene_fork(void) {
    RTMP *rtmp = fresh();
    char buffer[4096];
    int n, total = 0, status = -1;
    printf("begin %d\n", begin(rtmp));
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        RTMP *own = fresh();
        RTMP_Close(own);
        RTMP_Free(own);
        RTMP_Free(rtmp);
        _exit(0);
    }
    waitpid(child, &status, 0);
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) total += n;
    printf("child %d, play %d\n", status, total);
    child = fork();
    if (!child) _exit(play(fresh()) != 98);
    waitpid(child, &status, 0);
    printf("play in a child %d\n", status);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

static void *play_often(void *given) {
    long good = 0;
    (void)given;
    for (int i = 0; i < 20; i++) {
        RTMP *rtmp = fresh();
        int bytes = play(rtmp);
        if (bytes != 98) fprintf(stderr, "play %d\n", bytes);
        good += bytes == 98;
        RTMP_Close(rtmp);
        RTMP_Free(rtmp);
    }
    return (void *)good;
}

/* The first use of the library, from many threads at once. */
static void scene_handles(void) {
    enum { THREADS = 16 };
    pthread_t threads[THREADS];
    long good = 0;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, play_often, NULL);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good += (long)result;
    }
    printf("%ld plays\n", good);
}

struct shared {
    RTMP *rtmp;
    volatile int over;
};

static void *reader(void *given) {
    struct shared *shared = given;
    char buffer[4096];
    while (!shared->over && RTMP_IsConnected(shared->rtmp)) RTMP_Read(shared->rtmp, buffer, sizeof buffer);
    return NULL;
}

static void *writer(void *given) {
    struct shared *shared = given;
    while (!shared->over && RTMP_SendCtrl(shared->rtmp, 3, 1, 500)) {
    }
    return NULL;
}

static void *closer(void *given) {
    struct shared *shared = given;
    usleep(rand() % 3000);
    RTMP_Close(shared->rtmp);
    shared->over = 1;
    return NULL;
}

/* One reader, one writer and some closers on each handle, from the first byte to the end. */
static void scene_three(void) {
    enum { TIMES = 200, CLOSERS = 4 };
    for (int i = 0; i < TIMES; i++) {
        struct shared shared = {fresh(), 0};
        pthread_t threads[2 + CLOSERS];
        begin(shared.rtmp);
        for (int t = 0; t < 2 + CLOSERS; t++)
            pthread_create(&threads[t], NULL, t == 0 ? reader : t == 1 ? writer : closer, &shared);
        for (int t = 0; t < 2 + CLOSERS; t++) pthread_join(threads[t], NULL);
        RTMP_Close(shared.rtmp);
        RTMP_Free(shared.rtmp);
    }
    printf("%d handles\n", TIMES);
}

/* A player's end: one thread closes the handle to stop the other, which closes and frees it once its read has returned.
 * Nobody may write to it after that. */
static void *stop(void *given) {
    usleep((useconds_t)rand() % 2000);
    RTMP_Close(((struct shared *)given)->rtmp);
    return NULL;
}

static void scene_stopped(void) {
    enum { TIMES = 200, POISON = 0xa5 };
    int touched = 0;
    for (int i = 0; i < TIMES; i++) {
        struct shared shared = {fresh(), 0};
        char buffer[4096], poison[sizeof(RTMP)];
        pthread_t stopper;
        begin(shared.rtmp);
        pthread_create(&stopper, NULL, stop, &shared);
        while (RTMP_Read(shared.rtmp, buffer, sizeof buffer) > 0) {
        }
        RTMP_Close(shared.rtmp);
        AMF_Reset(&shared.rtmp->Link.extras);
        memset(shared.rtmp, POISON, sizeof(RTMP));
        memset(poison, POISON, sizeof poison);
        pthread_join(stopper, NULL);
        touched += memcmp(shared.rtmp, poison, sizeof poison) != 0;
        free(shared.rtmp);
    }
    printf("%d handles, %d touched after their end\n", TIMES, touched);
}

static void *read_until_cancelled(void *given) {
    char buffer[4096];
    while (RTMP_Read(given, buffer, sizeof buffer) > 0) {
    }
    pthread_testcancel();
    return NULL;
}

/* A thread is cancelled that waits in the library: it ends once the call has returned. */
static void scene_cancelled(void) {
    RTMP *rtmp = fresh();
    pthread_t thread;
    void *result;
    printf("begin %d\n", begin(rtmp));
    pthread_create(&thread, NULL, read_until_cancelled, rtmp);
    usleep(100000);
    pthread_cancel(thread);
    usleep(100000);
    RTMP_Close(rtmp);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    RTMP_Free(rtmp);
}

/* What an executed program finds open beyond its standard descriptors. */
static int list_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = 0;
    if (!directory) return 99;
    while ((entry = readdir(directory))) found += atoi(entry->d_name) > 2 && atoi(entry->d_name) != dirfd(directory);
    closedir(directory);
    return found;
}

static int inherited(void) {
    int status = -1;
    pid_t child = fork();
    if (!child) {
        execl("/proc/self/exe", "life", "fds", "0", (char *)NULL);
        _exit(98);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static volatile int over;

static void *execute_often(void *given) {
    long most = 0;
    (void)given;
    while (!over) {
        int found = inherited();
        if (found > most) most = found;
    }
    return (void *)most;
}

/* Programs are executed after sessions of every kind have begun, and while they begin and end: none may inherit a
 * descriptor. (While OpenSSL reads the system's certificates that file is inherited; so TLS, the last kind, is left out of
 * what goes on at the same time.) */
static void scene_exec(void) {
    static const char *const kinds[] = {
        "rtmp://127.0.0.1:%s/app/stream timeout=1",  "rtmpt://127.0.0.1:%s/app/stream timeout=1",
        "rtmp://localhost/app/stream timeout=1 socks=127.0.0.1:%s",
        "rtmp://127.0.0.1:%s/app/stream timeout=1 swfVfy=1 swfUrl=http://127.0.0.1:%1$s/a.swf",
        "rtmp://localhost/app/stream timeout=1 socks=socks5h://127.0.0.1:%s",
        "rtmps://127.0.0.1:%s/app/stream timeout=1",
    };
    pthread_t thread;
    void *most;
    int before = inherited();
    for (int i = 0; i < 46; i++) {
        if (i == 6) pthread_create(&thread, NULL, execute_often, NULL);
        RTMP *rtmp = fresh();
        snprintf(url, sizeof url, kinds[i < 6 ? i : i % 5], port);
        if (RTMP_SetupURL(rtmp, url) && RTMP_Connect(rtmp, NULL)) RTMP_ConnectStream(rtmp, 0);
        if (i < 6) printf("inherited %d\n", inherited() - before);
        RTMP_Close(rtmp);
        RTMP_Free(rtmp);
    }
    over = 1;
    pthread_join(thread, &most);
    printf("inherited at most %ld\n", (long)most - before);
}

/* An object as deep as a program cares to build it is freed without recursion. */
static void scene_deep(void) {
    enum { DEPTH = 1000000 };
    AMFObject inner = {0, NULL};
    for (int i = 0; i < DEPTH; i++) {
        AMFObject outer = {0, NULL};
        AMFObjectProperty property;
        memset(&property, 0, sizeof property);
        property.p_type = AMF_OBJECT;
        property.p_vu.p_object = inner;
        AMF_AddProp(&outer, &property);
        inner = outer;
    }
    AMF_Reset(&inner);
    printf("left %d properties\n", inner.o_num);
}

/* Calls that nobody answers. */
static void scene_calls(void) {
    RTMP *rtmp = fresh();
    int sent = 0;
    printf("begin %d\n", begin(rtmp));
    for (int i = 0; i < 5000; i++) sent += RTMP_SendCreateStream(rtmp);
    printf("sent %d, pending at most 1024: %d\n", sent, rtmp->m_numCalls <= 1024 && rtmp->m_numCalls > 1000);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

/* A text without a NUL behind it, at the very end of what may be read. */
static AVal fenced(const char *text) {
    long page = sysconf(_SC_PAGESIZE);
    int length = (int)strlen(text);
    char *memory = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    AVal value = {memory + page - length, length};
    mprotect(memory + page, (size_t)page, PROT_NONE);
    memcpy(value.av_val, text, (size_t)length);
    return value;
}

/* Texts have lengths, so nothing behind them is read. */
static void scene_fences(void) {
    static const char *const names[] = {"socks", "app",   "tcUrl", "pageUrl",   "swfUrl", "flashver", "conn",   "playpath",
                                        "live",  "start", "stop",  "subscribe", "jtv",    "token",    "swfVfy", "swfAge",
                                        "buffer", "timeout", "pubUser", "pubPasswd", "chunk", "tlsVerify", "bind", "nothing"};
    static const char *const values[] = {"",      "1",    "0x7",     "-5",      "true",        "\\2",         "\\",
                                         "O:1",   "NO:a", "NN:a:1",  "N:1.5",   "socks5://a",  "http://a:b@c", "[::1]:9",
                                         "a/b?c", "%2",   "slist=a", "mp4:x.f4v", "99999999999", "NS::",        "x.mp3"};
    int calls = 0;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++, calls++) {
            RTMP *rtmp = fresh();
            AVal name = fenced(names[n]), value = fenced(values[v]), playpath = {NULL, 0};
            RTMP_SetOpt(rtmp, &name, &value);
            RTMP_ParsePlaypath(&value, &playpath);
            free(playpath.av_val);
            RTMP_SetupStream(rtmp, RTMP_PROTOCOL_RTMP, &value, 1935, &value, &value, &value, &value, &value, &value, &value,
                             NULL, 0, &value, &value, &value, 0, 0, 0, 5);
            AMF_Reset(&rtmp->Link.extras);
            RTMP_Free(rtmp);
        }
    }
    printf("%d calls\n", calls);
}

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
static void scene_keys(void) {
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
