/* Long sessions and many of them: every byte compared, memory and descriptors watched.
 * Usage: soak play GIB           plays as much from a peer of its own, in a thread
 *        soak publish GIB        publishes as much to one
 *        soak cycles N           connects and closes N times, playing and publishing in turn
 *        soak cycles N URL       plays the beginning of URL N times
 * Times run from 0 past 2^24, 2^31 and 2^32 milliseconds, evenly over the session. One line at the end says what was
 * measured; the exit status is 0 when all of it was right.
 */
#include "../../capi-tests/ours/ours.h"
#include <stdint.h>

#define SMALLEST 16
#define LARGEST (128 << 10)
#define TABLE (1 << 20)
#define FLV_HEADER 13
#define CHUNK 4096
/* The client's window of acknowledgements. */
#define WINDOW 2500000
/* How much the process may grow once it is warm, KiB. */
#define GROWTH 1024

static unsigned char table[TABLE + LARGEST];
static uint64_t messages;
static unsigned step;
static volatile int peer_good;

static int fails(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

/* ---- what is sent: message number i ---- */

static size_t size_of(uint64_t i) { return SMALLEST + (size_t)((i * 2654435761u) >> 7) % (LARGEST - SMALLEST); }
static unsigned type_of(uint64_t i) { return i % 3 == 2 ? 8 : 9; }
static unsigned time_of(uint64_t i) { return (unsigned)(i * step); }

static size_t body_of(uint64_t i, unsigned char *to)
{
    size_t n = size_of(i);
    memcpy(to, table + i * 7919 % TABLE, n);
    to[0] = type_of(i) == 9 ? 0x27 : 0xaf;
    to[1] = 1;
    memcpy(to + 5, &i, sizeof i);
    return n;
}

static void prepare(double gib)
{
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof table; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        table[i] = (unsigned char)x;
    }
    messages = (uint64_t)(gib * (1 << 30)) / ((SMALLEST + LARGEST) / 2);
    step = (unsigned)((1ull << 32) / messages * 5 / 4 + 1);
}

/* The same as an FLV file, piece by piece. */
struct flv {
    unsigned char tag[11 + LARGEST + 4];
    size_t len, at;
    uint64_t next;
};

static size_t flv_piece(struct flv *f, const unsigned char **piece, size_t most)
{
    if (f->at == f->len) {
        unsigned char *p = f->tag;
        uint64_t i = f->next++;
        size_t n = body_of(i, p + 11);
        unsigned t = time_of(i), whole = (unsigned)n + 11;
        unsigned char head[11] = {type_of(i), n >> 16, n >> 8, n, t >> 16, t >> 8, t, t >> 24, 0, 0, 0};
        memcpy(p, head, 11);
        unsigned char trailer[4] = {whole >> 24, whole >> 16, whole >> 8, whole};
        memcpy(p + 11 + n, trailer, 4);
        f->len = n + 15;
        f->at = 0;
    }
    *piece = f->tag + f->at;
    size_t n = f->len - f->at < most ? f->len - f->at : most;
    f->at += n;
    return n;
}

static int flv_is_over(const struct flv *f) { return f->next == messages && f->at == f->len; }

/* ---- what is watched ---- */

static long resident(void)
{
    long all = 0, here = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &all, &here) != 2) fails("no /proc/self/statm");
    fclose(file);
    return here * (sysconf(_SC_PAGESIZE) / 1024);
}

struct watch {
    long first, most;
    int fds;
};

/* To be called at each of `count` steps: the first twentieth is for warming up. */
static void look(struct watch *w, uint64_t i, uint64_t count)
{
    if (i < count / 20 || (i % 64 && i + 1 < count)) return;
    long now_kib = resident();
    if (!w->first) w->first = now_kib, w->fds = descriptors();
    if (now_kib > w->most) w->most = now_kib;
    if (now_kib > w->first + GROWTH) fails("grown from %ld to %ld KiB at step %llu", w->first, now_kib, (unsigned long long)i);
    if (descriptors() > w->fds) fails("%d descriptors were %d at step %llu", descriptors(), w->fds, (unsigned long long)i);
}

static void no_delay(struct server *s)
{
    int on = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* ---- the peer that is played from ---- */

/* One message in chunks: a whole header with the time, or one with the difference. */
static size_t lay_out(uint64_t i, unsigned char *to)
{
    static unsigned char body[LARGEST];
    size_t n = body_of(i, body), at = 0, len;
    unsigned whole = i < 3 || i % 5 < 2, channel = type_of(i) == 9 ? 6 : 4, t = time_of(i);
    /* The message before of the same kind: of three, two are video. */
    unsigned difference = t - time_of(channel == 4 ? i - 3 : i % 3 == 1 ? i - 1 : i - 2);
    unsigned field = whole ? t : difference, extended = field >= 0xffffff, low = extended ? 0xffffff : field;
    unsigned char later[5] = {0xc0 | channel, field >> 24, field >> 16, field >> 8, field};
    unsigned char head[16] = {(whole ? 0 : 0x40) | channel, low >> 16, low >> 8, low, n >> 16, n >> 8, n, type_of(i), 1, 0, 0, 0};
    size_t head_len = whole ? 12 : 8;
    if (extended) memcpy(head + head_len, later + 1, 4), head_len += 4;
    memcpy(to, head, head_len);
    for (len = head_len; at < n;) {
        size_t part = n - at < CHUNK ? n - at : CHUNK;
        if (at) memcpy(to + len, later, extended ? 5 : 1), len += extended ? 5 : 1;
        memcpy(to + len, body + at, part);
        at += part, len += part;
    }
    return len;
}

/* Takes a message of the client's; its acknowledgements are kept. */
static int hear(struct server *s, unsigned *acknowledged)
{
    struct message m;
    if (!take_message(s, &m)) return 0;
    if (m.type == 3) *acknowledged = be(m.body, 4);
    free(m.body);
    return 1;
}

static int speaks(const struct server *s)
{
    struct pollfd one = {s->fd, POLLIN, 0};
    return poll(&one, 1, 0) == 1;
}

static void play_peer(struct host *h, struct server *s)
{
    static unsigned char laid_out[2 * LARGEST];
    unsigned acknowledged = 0;
    uint64_t sent = 0;
    (void)h;
    no_delay(s);
    accept_stream(s, "play");
    server_number(s, 1, CHUNK);
    for (uint64_t i = 0; i < messages; i++) {
        size_t n = lay_out(i, laid_out);
        send_all(s, laid_out, n);
        sent += n;
        while (speaks(s) && hear(s, &acknowledged)) {}
    }
    while (hear(s, &acknowledged)) {}
    /* The last one is that of the last window, with the opening of the session counted. */
    int behind = (int)((unsigned)sent - acknowledged);
    peer_good = behind < WINDOW && behind > -10000;
    if (!peer_good) fprintf(stderr, "the last acknowledgement is %d bytes behind\n", behind);
}

/* ---- a session from beginning to end ---- */

struct session {
    struct host host;
    RTMP rtmp;
    char url[128];
    struct watch watch;
    uint64_t bytes;
    double began;
};

static void begin(struct session *session, double gib, void (*peer)(struct host *, struct server *), int publishes)
{
    session->began = now();
    prepare(gib);
    host_start(&session->host, peer, NULL, 0);
    client_for(&session->rtmp, session->url, sizeof session->url, session->host.port, "timeout=120 live=1", publishes);
    if (!RTMP_Connect(&session->rtmp, NULL) || !RTMP_ConnectStream(&session->rtmp, 0)) fails("no session");
}

static void end(struct session *session, const char *job)
{
    RTMP_Close(&session->rtmp);
    host_end(&session->host);
    if (!peer_good) exit(1);
    printf("%s: %.2f GiB in %.0f s, %llu messages, time %.2f times round 2^32 ms; resident %ld KiB, at most %ld\n", job,
           (double)session->bytes / (1 << 30), now() - session->began, (unsigned long long)messages,
           (double)messages * step / 4294967296.0, session->watch.first, session->watch.most);
}

/* ---- the player ---- */

/* Compares the next bytes of a play with what was sent; `begun` says how much of the file header has come before them. */
static void compare(struct flv *f, size_t *begun, const unsigned char *bytes, size_t n, uint64_t before)
{
    /* It says what the library has seen by then: video. */
    static const unsigned char header[FLV_HEADER] = "FLV\1\1\0\0\0\11\0\0\0";
    for (size_t at = 0; at < n;) {
        const unsigned char *piece = header + *begun;
        size_t same = n - at;
        if (*begun < FLV_HEADER) {
            if (same > FLV_HEADER - *begun) same = FLV_HEADER - *begun;
            *begun += same;
        } else {
            if (flv_is_over(f)) fails("more than was sent");
            same = flv_piece(f, &piece, same);
        }
        if (memcmp(bytes + at, piece, same)) fails("other bytes than were sent, at about %llu", (unsigned long long)before + at);
        at += same;
    }
}

static void play(double gib)
{
    static struct flv f;
    static struct session s;
    static unsigned char bytes[LARGEST + 1000];
    size_t begun = 0;
    begin(&s, gib, play_peer, 0);
    while (!flv_is_over(&f)) {
        int n = RTMP_Read(&s.rtmp, (char *)bytes, (int)(s.bytes % 97 ? sizeof bytes : 1 + s.bytes % 5000));
        if (n <= 0) fails("RTMP_Read: %d after %llu bytes", n, (unsigned long long)s.bytes);
        compare(&f, &begun, bytes, (size_t)n, s.bytes);
        s.bytes += (size_t)n;
        look(&s.watch, f.next, messages);
    }
    end(&s, "play");
}

/* ---- the peer that is published to ---- */

struct reader {
    struct server *s;
    unsigned char bytes[256 << 10];
    size_t at, len;
};

static int get(struct reader *in, void *to, size_t n)
{
    for (unsigned char *out = to; n;) {
        if (in->at == in->len) {
            ssize_t got = recv(in->s->fd, in->bytes, sizeof in->bytes, 0);
            if (got <= 0) return 0;
            in->at = 0, in->len = (size_t)got;
        }
        size_t part = in->len - in->at < n ? in->len - in->at : n;
        memcpy(out, in->bytes + in->at, part);
        in->at += part, out += part, n -= part;
    }
    return 1;
}

struct incoming {
    unsigned time, field, length, type, extended, is_absolute;
    size_t got;
    unsigned char *body;
};

/* Reads one chunk into its channel, which is returned; NULL at the end of the connection. The message is complete when
 * nothing of another is there: `got` is 0. */
static struct incoming *read_chunk(struct reader *in, struct incoming channels[64])
{
    static const size_t lengths[] = {11, 7, 3, 0};
    unsigned char basic, p[11];
    if (!get(in, &basic, 1)) return NULL;
    unsigned format = basic >> 6;
    struct incoming *c = &channels[basic & 63];
    if ((basic & 63) < 2) fails("an unexpected channel");
    if (!c->body) c->body = malloc(1 << 18);
    if (!get(in, p, lengths[format])) return NULL;
    if (format < 3) c->field = be(p, 3), c->extended = c->field == 0xffffff, c->is_absolute = format == 0;
    if (format < 2) c->length = be(p + 3, 3), c->type = p[6];
    if (c->length > 1 << 18) fails("a message of %u bytes", c->length);
    if (c->extended) {
        if (!get(in, p, 4)) return NULL;
        c->field = be(p, 4);
    }
    if (!c->got) c->time = c->is_absolute ? c->field : c->time + c->field;
    size_t part = c->length - c->got < in->s->client_chunk ? c->length - c->got : in->s->client_chunk;
    if (!get(in, c->body + c->got, part)) return NULL;
    c->got += part;
    if (c->got == c->length) c->got = 0;
    return c;
}

static void publish_peer(struct host *h, struct server *s)
{
    static struct reader in;
    static struct incoming channels[64], *c;
    static unsigned char expected[LARGEST];
    uint64_t next = 0;
    (void)h;
    no_delay(s);
    accept_stream(s, "publish");
    in.s = s;
    while ((c = read_chunk(&in, channels))) {
        if (c->got) continue;
        if (c->type == 1) s->client_chunk = be(c->body, 4);
        if (c->type != 8 && c->type != 9) continue;
        size_t n = body_of(next, expected);
        if (c->type != type_of(next) || c->time != time_of(next) || c->length != n || memcmp(c->body, expected, n))
            fails("message %llu is not what was published", (unsigned long long)next);
        next++;
    }
    for (int i = 0; i < 64; i++) free(channels[i].body);
    peer_good = next == messages;
    if (!peer_good) fprintf(stderr, "%llu of %llu messages arrived\n", (unsigned long long)next, (unsigned long long)messages);
}

static void publish(double gib)
{
    static struct flv f;
    static struct session s;
    static unsigned char bytes[300000];
    static const size_t sizes[] = {sizeof bytes, 1, 4095, 65536, 10, 20000, 200000};
    begin(&s, gib, publish_peer, 1);
    if (RTMP_Write(&s.rtmp, "FLV\1\5\0\0\0\11\0\0\0\0", FLV_HEADER) != FLV_HEADER) fails("the FLV header is not taken");
    for (size_t turn = 0; !flv_is_over(&f); turn++) {
        size_t n = 0;
        while (n < sizes[turn % 7] && !flv_is_over(&f)) {
            const unsigned char *piece;
            size_t part = flv_piece(&f, &piece, sizes[turn % 7] - n);
            memcpy(bytes + n, piece, part);
            n += part;
        }
        int written = RTMP_Write(&s.rtmp, (char *)bytes, (int)n);
        if (written != (int)n) fails("RTMP_Write: %d of %zu after %llu bytes", written, n, (unsigned long long)s.bytes);
        s.bytes += n;
        look(&s.watch, f.next, messages);
    }
    end(&s, "publish");
}

/* ---- many sessions ---- */

static void short_peer(struct host *h, struct server *s)
{
    static const char media[3000] = {0x27, 1};
    struct message m;
    no_delay(s);
    accept_stream(s, h->argument);
    if (strcmp(h->argument, "play") == 0) server_send(s, 6, 40, 9, 1, media, sizeof media);
    while (take_message(s, &m)) {
        peer_good |= is_command(&m, "deleteStream", NULL);
        free(m.body);
    }
}

static void one_of_ours(uint64_t i)
{
    static char bytes[8000] = {0x27};
    struct host h;
    RTMP *r = RTMP_Alloc();
    char url[128];
    int publishes = i % 2, good;
    peer_good = 0;
    host_start(&h, short_peer, publishes ? "publish" : "play", 0);
    client_for(r, url, sizeof url, h.port, "timeout=60 live=1 conn=S:text token=abc", publishes);
    good = RTMP_Connect(r, NULL) && RTMP_ConnectStream(r, 0);
    good = good && (publishes ? write_tag(r, 9, 40, bytes, sizeof bytes) > 0 : RTMP_Read(r, bytes, sizeof bytes) > 0);
    if (!good) fails("session %llu failed", (unsigned long long)i);
    if (i % 3) RTMP_Close(r);
    RTMP_Free(r);
    host_end(&h);
    if (!peer_good) fails("session %llu ended without a farewell", (unsigned long long)i);
}

static void one_of(const char *url, uint64_t i)
{
    static char bytes[65536];
    RTMP *r = RTMP_Alloc();
    char *own = strdup(url);
    int n, all = 0;
    RTMP_Init(r);
    if (!RTMP_SetupURL(r, own) || !RTMP_Connect(r, NULL) || !RTMP_ConnectStream(r, 0))
        fails("session %llu failed", (unsigned long long)i);
    while (all < 30000 && (n = RTMP_Read(r, bytes, sizeof bytes)) > 0) all += n;
    if (all < 30000) fails("session %llu: %d bytes", (unsigned long long)i, all);
    RTMP_Close(r);
    RTMP_Free(r);
    free(own);
}

static void cycles(uint64_t count, const char *url)
{
    struct watch w = {0};
    double began = now();
    for (uint64_t i = 0; i < count; i++) {
        if (url) one_of(url, i); else one_of_ours(i);
        look(&w, i, count);
    }
    printf("cycles: %llu of %.*s in %.0f s; resident %ld KiB, at most %ld; descriptors %d\n", (unsigned long long)count,
           url ? (int)strcspn(url, ":") : 4, url ? url : "rtmp", now() - began, w.first, w.most, w.fds);
}

int main(int argc, char **argv)
{
    if (argc < 3) fails("usage: see the first lines of soak.c");
    RTMP_LogSetLevel(RTMP_LOGERROR);
    if (strcmp(argv[1], "play") == 0) play(atof(argv[2]));
    else if (strcmp(argv[1], "publish") == 0) publish(atof(argv[2]));
    else if (strcmp(argv[1], "cycles") == 0) cycles(strtoull(argv[2], NULL, 10), argc > 3 ? argv[3] : NULL);
    else fails("no job called %s", argv[1]);
    return 0;
}
