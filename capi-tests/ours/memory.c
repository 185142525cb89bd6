/* The caller's memory is the caller's: bodies are sent from where they lie and never written to, texts are not needed
 * longer than the reference needs them, and programs assign the library's variables directly. */
#include "ours.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>

static RTMP r;
static struct server s;

static void begin(char *url)
{
    client_on(&r, url, server_pair(&s));
    RTMP_LogSetCallback(log_keep);
    RTMP_EnableWrite(&r);
    server_greet(&s);
    server_accept(&s, 1, 4);
    server_status(&s, "status", "NetStream.Publish.Start");
    if (!RTMP_Connect1(&r, NULL) || !RTMP_ConnectStream(&r, 0)) say("FAIL no session\n");
    take_hello(&s);
    char echo[HANDSHAKE];
    take(&s, echo, sizeof echo);
    await_command(&s, "publish");
}

static void end(void)
{
    RTMP_Close(&r);
    server_end(&s);
}

/* A page that cannot be written, with what stands before it out of reach. */
static unsigned char *read_only(const void *bytes, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (n + page - 1) / page * page;
    unsigned char *at = mmap(NULL, page + size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) die("mmap");
    memcpy(at + page, bytes, n);
    if (mprotect(at, page, PROT_NONE) || mprotect(at + page, size, PROT_READ) ||
        mprotect(at + page + size, page, PROT_NONE))
        die("mprotect");
    return at + page;
}

static int arrives(unsigned type, unsigned stamp, const void *body, size_t n)
{
    struct message m;
    int same = 0;
    while (take_message(&s, &m)) {
        int media = m.type == type;
        same = media && m.stamp == stamp && m.n == n && !memcmp(m.body, body, n);
        free(m.body);
        if (media) break;
    }
    return same;
}

static void bodies(const unsigned char *media, int chunk)
{
    static const size_t sizes[] = {0, 1, 127, 128, 129, 4096, 4097, 60000};
    char url[] = "rtmp://h/app/path";
    begin(url);
    if (chunk) r.m_outChunkSize = chunk, s.client_chunk = (unsigned)chunk;
    int good = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *body = read_only(media, 60000);
        RTMPPacket packet, before;
        memset(&packet, 0, sizeof packet);
        packet.m_nChannel = 70;
        packet.m_headerType = RTMP_PACKET_SIZE_LARGE;
        packet.m_packetType = RTMP_PACKET_TYPE_VIDEO;
        packet.m_nTimeStamp = 0x1000000 + (uint32_t)i;
        packet.m_nInfoField2 = r.m_stream_id;
        packet.m_hasAbsTimestamp = 1;
        packet.m_nBodySize = (uint32_t)sizes[i];
        packet.m_body = (char *)body; /* without headroom */
        before = packet;
        good &= RTMP_SendPacket(&r, &packet, 0);
        good &= packet.m_body == before.m_body && packet.m_nBodySize == before.m_nBodySize;
        good &= arrives(9, 0x1000000 + (unsigned)i, media, sizes[i]);
    }
    check(good, "RTMP_SendPacket from read-only memory without headroom, chunk size %d", r.m_outChunkSize);
    end();
}

static void writes(const unsigned char *media)
{
    static struct body b;
    char url[] = "rtmp://h/app/path";
    begin(url);
    b.n = 0;
    put(&b, "FLV\1\5\0\0\0\11\0\0\0\0", 13);
    put_tag(&b, 9, 0, media, 30000);
    put_tag(&b, 8, 23, media, 200);
    char *flv = (char *)read_only(b.bytes, b.n);
    check(RTMP_Write(&r, flv, (int)b.n) == (int)b.n && arrives(9, 0, media, 30000) && arrives(8, 23, media, 200),
          "RTMP_Write from read-only memory");
    int good = 1;
    for (size_t at = 13; at < b.n; at += 1000)
        good &= RTMP_Write(&r, flv + at, (int)(b.n - at < 1000 ? b.n - at : 1000)) > 0;
    check(good && arrives(9, 0, media, 30000) && arrives(8, 23, media, 200), "and in pieces");
    end();
}

/* Programs send the handle's own packet. */
static void own_packet(const unsigned char *media)
{
    char url[] = "rtmp://h/app/path";
    begin(url);
    RTMPPacket_Alloc(&r.m_write, 500);
    memcpy(r.m_write.m_body, media, 500);
    r.m_write.m_nChannel = 4;
    r.m_write.m_headerType = RTMP_PACKET_SIZE_LARGE;
    r.m_write.m_packetType = RTMP_PACKET_TYPE_AUDIO;
    r.m_write.m_nTimeStamp = 77;
    r.m_write.m_nInfoField2 = r.m_stream_id;
    r.m_write.m_nBodySize = 500;
    check(RTMP_SendPacket(&r, &r.m_write, 0) && arrives(8, 77, media, 500), "RTMP_SendPacket(r, &r->m_write, 0)");
    RTMPPacket_Free(&r.m_write);
    end();
}

/* A packet with garbage in the members that a sender has no use for. */
static void garbage(const unsigned char *media)
{
    char url[] = "rtmp://h/app/path";
    RTMPPacket packet;
    begin(url);
    memset(&packet, 0xdd, sizeof packet);
    packet.m_nChannel = 4;
    packet.m_headerType = RTMP_PACKET_SIZE_MEDIUM;
    packet.m_packetType = RTMP_PACKET_TYPE_AUDIO;
    packet.m_nTimeStamp = 0;
    packet.m_nInfoField2 = r.m_stream_id;
    packet.m_hasAbsTimestamp = 0;
    packet.m_nBodySize = 5;
    packet.m_body = (char *)read_only(media, 5);
    check(RTMP_SendPacket(&r, &packet, 0) && arrives(8, 0, media, 5), "m_chunk and m_nBytesRead are not looked at");
    end();
}

/* The URL goes right after connecting; what the farewell needs was kept. */
static void texts(void)
{
    const char *text = "rtmp://h/app/path live=1 flashver=me swfUrl=http://swf/ pageUrl=http://page/ token=secret conn=S:x";
    size_t size = strlen(text) + 1;
    char *url = memcpy(malloc(size), text, size);
    struct message m;
    int unpublished = 0;
    begin(url);
    memset(url, 0xdd, size);
    free(url);
    write_tag(&r, 8, 0, "abc", 3);
    RTMP_Close(&r);
    while (take_message(&s, &m)) {
        if (is_command(&m, "FCUnpublish", NULL)) unpublished = m.n > 8 && !memcmp(m.body + m.n - 4, "path", 4);
        free(m.body);
    }
    server_end(&s);
    check(unpublished, "the URL was freed after connecting; the farewell names the stream all the same");
    char again[] = "rtmp://h/app/path";
    check(RTMP_SetupURL(&r, again), "and the handle takes another one");
    RTMP_Close(&r);
    AMF_Reset(&r.Link.extras);
}

static void on_alarm(int number)
{
    (void)number;
}

/* A signal every so often: one may come before the call that it is meant for. 0 for no more. */
static void alarm_each(long ms)
{
    struct itimerval each = {{0, ms * 1000}, {0, ms * 1000}};
    setitimer(ITIMER_REAL, &each, NULL);
}

static void *later(void *argument)
{
    (void)argument;
    pause_ms(400);
    server_number(&s, 5, 4242);
    return NULL;
}

static void variables(void)
{
    char url[] = "rtmp://h/app/path";
    struct sigaction action;
    RTMPPacket packet;
    pthread_t thread;
    sigset_t alarms;
    memset(&action, 0, sizeof action);
    memset(&packet, 0, sizeof packet);
    action.sa_handler = on_alarm; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);

    log_from(RTMP_LOGERROR);
    check(RTMP_debuglevel == RTMP_LOGERROR, "RTMP_LogSetLevel sets RTMP_debuglevel");
    RTMP_debuglevel = RTMP_LOGCRIT;
    log_forget();
    RTMP_SetupURL(&r, strcpy(url, "no url"));
    check(!log_len, "RTMP_debuglevel = RTMP_LOGCRIT: an error is not said");
    RTMP_debuglevel = RTMP_LOGERROR;
    RTMP_SetupURL(&r, url);
    check(log_len > 0, "RTMP_debuglevel = RTMP_LOGERROR: it is");
    check(RTMP_LogGetLevel() == RTMP_LOGERROR, "RTMP_LogGetLevel reads it");

    begin(strcpy(url, "rtmp://h/app/p"));
    struct timeval patience = {10, 0};
    setsockopt(RTMP_Socket(&r), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    pthread_create(&thread, NULL, later, NULL);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    alarm_each(100);
    check(RTMP_ReadPacket(&r, &packet) && RTMPPacket_IsReady(&packet) && packet.m_packetType == 5,
          "a signal does not disturb a read");
    RTMPPacket_Free(&packet);
    pthread_join(thread, NULL);
    RTMP_ctrlC = 1;
    double began = now();
    check(!RTMP_ReadPacket(&r, &packet) && now() - began < 8 && !RTMP_IsConnected(&r),
          "RTMP_ctrlC = 1: it ends the read and the session");
    alarm_each(0);
    RTMP_ctrlC = 0;
    end();
}

int main(void)
{
    static unsigned char media[60000];
    for (size_t i = 0; i < sizeof media; i++) media[i] = (unsigned char)(i * 13 >> 3);
    bodies(media, 0);
    bodies(media, 128);
    bodies(media, 1);
    bodies(media, 65536);
    writes(media);
    own_packet(media);
    garbage(media);
    texts();
    variables();
    return 0;
}
