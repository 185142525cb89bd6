/* What threads may do with the library: use it for the first time at once; read, write, look at and close one handle;
 * each have handles of their own; log while others change where the log goes. ThreadSanitizer watches this as well. */
#include "ours.h"
#include <stdint.h>

#define SESSIONS 4
#define CALLS 150

static int get(int *flag) { return __atomic_load_n(flag, __ATOMIC_ACQUIRE); }
static void set(int *flag, int value) { __atomic_store_n(flag, value, __ATOMIC_RELEASE); }
static void add(int *counter) { __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    if (pthread_create(thread, NULL, run, argument)) die("pthread_create");
}

/* ---- servers ---- */

static int speaks(const struct server *s, int ms)
{
    struct pollfd one = {s->fd, POLLIN, 0};
    return poll(&one, 1, ms) == 1;
}

/* Media, pings and other questions without end; what the client says is taken. */
static void chatter(struct host *h, struct server *s)
{
    char media[700] = {0x27, 1};
    struct message m;
    int open = accept_stream(s, h->argument);
    for (unsigned i = 0; open; i++) {
        for (int k = 0; k < 3 && *(const char *)h->argument == 'p'; k++) server_send(s, 6, i * 20, 9, 1, media, sizeof media);
        server_control(s, 6, i, 4);
        if (i % 3 == 0) server_number(s, 5, 2000);
        if (i % 5 == 0) server_invoke(s, "sn0", "onBWDone", 0.0);
        if (i % 7 == 0) server_invoke(s, "sn0{kn}", "onMetaData", 0.0, "duration", 4.0);
        while (open && speaks(s, 1)) {
            open = take_message(s, &m);
            if (open) free(m.body);
        }
    }
}

/* Publishes are taken as they come; the client is asked in between. */
static void listener(struct host *h, struct server *s)
{
    struct message m;
    accept_stream(s, h->argument);
    for (unsigned i = 0; take_message(s, &m); i++) {
        free(m.body);
        if (i % 8 == 0) server_control(s, 6, i, 4);
    }
}

/* ---- first use, and handles of their own ---- */

struct user {
    pthread_t thread;
    pthread_barrier_t *together;
    int publishes, good;
};

static int session(int publishes)
{
    struct host h;
    char url[128], bytes[4000] = {0x27};
    int good = 1;
    host_start(&h, publishes ? listener : chatter, publishes ? "publish" : "play", 0);
    RTMP *r = RTMP_Alloc();
    client_for(r, url, sizeof url, h.port, "timeout=30 conn=S:text", publishes);
    good &= RTMP_Connect(r, NULL) && RTMP_ConnectStream(r, 0);
    for (int i = 0; i < 30 && good; i++)
        good = (publishes ? write_tag(r, 9, (unsigned)i * 40, bytes, sizeof bytes) : RTMP_Read(r, bytes, sizeof bytes)) > 0;
    RTMP_Close(r);
    RTMP_Free(r);
    host_end(&h);
    return good;
}

static void *use(void *argument)
{
    struct user *u = argument;
    pthread_barrier_wait(u->together);
    u->good = 1;
    for (int i = 0; i < SESSIONS; i++) u->good &= session((u->publishes + i) % 2);
    return NULL;
}

static void at_once(const char *what)
{
    struct user users[6];
    pthread_barrier_t together;
    int good = 1;
    pthread_barrier_init(&together, NULL, 6);
    for (int i = 0; i < 6; i++) {
        users[i].together = &together;
        users[i].publishes = i % 2;
        start(&users[i].thread, use, &users[i]);
    }
    for (int i = 0; i < 6; i++) {
        pthread_join(users[i].thread, NULL);
        good &= users[i].good;
    }
    pthread_barrier_destroy(&together);
    check(good, "%s", what);
}

/* ---- one handle ---- */

struct shared {
    RTMP *r;
    int over, read, written;
};

static void *reads(void *argument)
{
    struct shared *h = argument;
    char bytes[1500];
    while (RTMP_Read(h->r, bytes, sizeof bytes) > 0) add(&h->read);
    return NULL;
}

static void *reads_packets(void *argument)
{
    struct shared *h = argument;
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    while (RTMP_ReadPacket(h->r, &packet)) {
        if (!RTMPPacket_IsReady(&packet)) continue;
        add(&h->read);
        RTMP_ClientPacket(h->r, &packet);
        RTMPPacket_Free(&packet);
    }
    return NULL;
}

static void *sends(void *argument)
{
    struct shared *h = argument;
    char body[900] = {0};
    RTMPPacket packet;
    for (unsigned i = 0; !get(&h->over); i++) {
        memset(&packet, 0, sizeof packet);
        packet.m_nChannel = 5;
        packet.m_headerType = RTMP_PACKET_SIZE_LARGE;
        packet.m_packetType = RTMP_PACKET_TYPE_AUDIO;
        packet.m_nTimeStamp = i;
        packet.m_nBodySize = sizeof body;
        packet.m_body = body;
        if (!RTMP_SendPacket(h->r, &packet, 0)) break;
        if (!RTMP_SendCtrl(h->r, 3, 1, 3000)) break;
        if (i % 4 == 0 && !RTMP_SendPause(h->r, 0, (int)i)) break;
        add(&h->written);
        if (i % 16 == 15) pause_ms(1);
    }
    return NULL;
}

static void *writes(void *argument)
{
    struct shared *h = argument;
    char body[3000] = {0x27};
    for (unsigned i = 0; !get(&h->over); i++) {
        if (write_tag(h->r, 9, i * 40, body, sizeof body) <= 0) break;
        add(&h->written);
        if (i % 16 == 15) pause_ms(1);
    }
    return NULL;
}

static void *looks(void *argument)
{
    struct shared *h = argument;
    while (!get(&h->over)) {
        RTMP_IsConnected(h->r), RTMP_Socket(h->r), RTMP_IsTimedout(h->r), RTMP_GetDuration(h->r);
        pause_ms(1);
    }
    return NULL;
}

static void *closes(void *argument)
{
    struct shared *h = argument;
    RTMP_Close(h->r);
    return NULL;
}

static void one_handle(int publishes, void *(*read)(void *), void *(*write)(void *), int closers, const char *what)
{
    int good = 1;
    for (int round = 0; round < 12; round++) {
        struct host host;
        struct shared h = {RTMP_Alloc(), 0, 0, 0};
        pthread_t reader, writer, looker, closer[2];
        char url[128];
        host_start(&host, chatter, publishes ? "publish" : "play", 0);
        client_for(h.r, url, sizeof url, host.port, "timeout=30", publishes);
        good &= RTMP_Connect(h.r, NULL) && RTMP_ConnectStream(h.r, 0);
        start(&reader, read, &h), start(&writer, write, &h), start(&looker, looks, &h);
        for (double began = now(); (!get(&h.read) || !get(&h.written)) && now() < began + 10;) pause_ms(1);
        pause_ms(round);
        for (int i = 0; i < closers; i++) start(&closer[i], closes, &h);
        for (int i = 0; i < closers; i++) pthread_join(closer[i], NULL);
        pthread_join(reader, NULL);
        set(&h.over, 1);
        pthread_join(writer, NULL), pthread_join(looker, NULL);
        good &= h.read > 0 && h.written > 0 && !RTMP_IsConnected(h.r);
        RTMP_Free(h.r);
        host_end(&host);
    }
    check(good, "%s", what);
}

/* ---- transactions ---- */

static unsigned char seen[4 * CALLS];

static void counts_calls(struct host *h, struct server *s)
{
    struct message m;
    double txn;
    (void)h;
    accept_stream(s, "play");
    while (take_message(s, &m)) {
        if (is_command(&m, "createStream", &txn) && txn >= 0 && txn < sizeof seen) seen[(int)txn]++;
        free(m.body);
    }
}

static void *calls(void *argument)
{
    struct shared *h = argument;
    for (int i = 0; i < CALLS; i++) RTMP_SendCreateStream(h->r);
    return NULL;
}

static void transactions(void)
{
    struct host host;
    struct shared h = {RTMP_Alloc(), 0, 0, 0};
    pthread_t one, other;
    char url[128];
    int once = 0, last;
    host_start(&host, counts_calls, NULL, 0);
    client_for(h.r, url, sizeof url, host.port, "timeout=30", 0);
    RTMP_Connect(h.r, NULL), RTMP_ConnectStream(h.r, 0);
    start(&one, calls, &h), start(&other, calls, &h);
    pthread_join(one, NULL), pthread_join(other, NULL);
    last = h.r->m_numInvokes;
    RTMP_Close(h.r);
    RTMP_Free(h.r);
    host_end(&host);
    for (size_t i = 0; i < sizeof seen; i++) once += seen[i] == 1;
    if (!check(once == 2 * CALLS && last > once, "two threads never send the same transaction")) say("%d, last %d\n", once, last);
}

/* ---- the log ---- */

static int lines;

static void count_line(int level, const char *format, va_list list)
{
    char text[2048];
    (void)level;
    vsnprintf(text, sizeof text, format, list);
    add(&lines);
}

static void *logs(void *argument)
{
    char text[] = "not a URL";
    AVal host, app, path;
    unsigned port;
    int protocol;
    for (int i = 0; !get(argument); i++) {
        RTMP_Log(RTMP_LOGERROR, "%s %d", text, i);
        RTMP_LogHexString(RTMP_LOGDEBUG, (unsigned char *)text, sizeof text);
        RTMP_ParseURL(text, &protocol, &host, &port, &path, &app);
    }
    return NULL;
}

static void changing_log(void)
{
    pthread_t threads[3];
    int over = 0;
    FILE *nowhere = fopen("/dev/null", "w");
    for (int i = 0; i < 3; i++) start(&threads[i], logs, &over);
    for (int i = 0; i < 200; i++) {
        RTMP_LogSetOutput(nowhere);
        RTMP_LogSetLevel(i % 2 ? RTMP_LOGDEBUG : RTMP_LOGERROR);
        RTMP_LogSetCallback(i % 3 ? count_line : log_keep);
        RTMP_LogGetLevel();
        if (i % 10 == 0) pause_ms(1);
    }
    set(&over, 1);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    RTMP_LogSetCallback(log_keep);
    RTMP_LogSetOutput(NULL);
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    fclose(nowhere);
    check(get(&lines) > 0, "threads log while the callback, the level and the output change");
}

int main(void)
{
    /* Before anything else has used the library. */
    at_once("six threads use the library for the first time");
    RTMP_LogSetCallback(log_keep);
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    at_once("six threads with handles of their own");
    one_handle(0, reads, sends, 1, "RTMP_Read, RTMP_SendPacket and RTMP_Close in threads of their own");
    one_handle(0, reads_packets, sends, 1, "RTMP_ReadPacket, RTMP_SendPacket and RTMP_Close");
    one_handle(1, reads_packets, writes, 1, "RTMP_ReadPacket, RTMP_Write and RTMP_Close");
    one_handle(0, reads, sends, 2, "two threads close");
    transactions();
    changing_log();
    return 0;
}
