/*
 * habits.c - the library used as programs in the wild use it, beyond what the examples show.
 *
 * habits HABIT URL FILE: exit status 0 when the stream ended as it should. To play into FILE:
 *   packets  RTMP_ReadPacket and RTMP_ClientPacket from the first answer on, with neither RTMP_ConnectStream nor RTMP_Read
 *   media    RTMP_GetNextMediaPacket
 *   polls    RTMP_Read on a non-blocking descriptor, which is polled before each read
 *   waits    the same on a blocking descriptor
 *   unasked  RTMP_Read without RTMP_ConnectStream
 *   again    one structure on the stack, set up, played and closed three times; FILE is of the last
 *   pauses   RTMP_Pause and on again, in mid-stream
 * to publish FILE, an FLV:
 *   packets-out  a malloc'ed block for each frame: packet structure, headroom and body; channel 4, the types mixed
 *   header-first RTMP_Write of the file's header alone, then of tag by tag
 * and to end a wait for a stream that nobody publishes:
 *   shutdown, close  by shutdown() of the socket, or RTMP_Close, in another thread: within 5 seconds
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <librtmp/rtmp.h>

enum { FILE_HEADER = 13, TAG_HEADER = 11, TAG_END = 4 };

static void set_up(RTMP *r, char *url, int publishes)
{
    RTMP_Init(r);
    if (!RTMP_SetupURL(r, url))
        exit(2);
    if (publishes)
        RTMP_EnableWrite(r);
    if (!RTMP_Connect(r, NULL))
        exit(3);
}

static void put(FILE *file, unsigned value, int bytes)
{
    while (bytes-- > 0)
        putc((int)(value >> 8 * bytes & 0xff), file);
}

/* Writes media as a tag; the times are the messages' own. */
static void put_packet(FILE *file, const RTMPPacket *p)
{
    if (p->m_packetType != RTMP_PACKET_TYPE_AUDIO && p->m_packetType != RTMP_PACKET_TYPE_VIDEO)
        return;
    put(file, p->m_packetType, 1), put(file, p->m_nBodySize, 3);
    put(file, p->m_nTimeStamp & 0xffffff, 3), put(file, p->m_nTimeStamp >> 24, 1), put(file, 0, 3);
    fwrite(p->m_body, 1, p->m_nBodySize, file);
    put(file, p->m_nBodySize + TAG_HEADER, TAG_END);
}

static void put_file_header(FILE *file)
{
    fwrite("FLV\1\5\0\0\0\11\0\0\0\0", 1, FILE_HEADER, file);
}

static int packets(RTMP *r, FILE *out)
{
    RTMPPacket p;
    int done = 0;

    memset(&p, 0, sizeof p);
    put_file_header(out);
    while (done != 2 && RTMP_IsConnected(r) && RTMP_ReadPacket(r, &p)) {
        if (!RTMPPacket_IsReady(&p) || !p.m_nBodySize)
            continue;
        put_packet(out, &p);
        done = RTMP_ClientPacket(r, &p);
        RTMPPacket_Free(&p);
    }
    return done == 2;
}

static int media(RTMP *r, FILE *out)
{
    RTMPPacket p;
    int got;

    memset(&p, 0, sizeof p);
    put_file_header(out);
    while ((got = RTMP_GetNextMediaPacket(r, &p)) == 1) {
        put_packet(out, &p);
        RTMPPacket_Free(&p);
    }
    return got == 2;
}

static int polls(RTMP *r, FILE *out, int blocking)
{
    char buffer[5000];
    struct pollfd wanted = {RTMP_Socket(r), POLLIN, 0};

    if (!blocking)
        fcntl(wanted.fd, F_SETFL, fcntl(wanted.fd, F_GETFL) | O_NONBLOCK);
    while (poll(&wanted, 1, 5000) == 1) {
        int n = RTMP_Read(r, buffer, sizeof buffer);
        if (n > 0)
            fwrite(buffer, 1, (size_t)n, out);
        else if (r->m_read.status == RTMP_READ_COMPLETE || !RTMP_IsTimedout(r))
            return r->m_read.status == RTMP_READ_COMPLETE;
    }
    return 0;
}

static int reads(RTMP *r, FILE *out, int pauses)
{
    char buffer[4096];
    int n, count = 0;

    while ((n = RTMP_Read(r, buffer, sizeof buffer)) > 0) {
        fwrite(buffer, 1, (size_t)n, out);
        if (++count == 50 && pauses && (!RTMP_Pause(r, 1) || !RTMP_Pause(r, 0)))
            return 0;
    }
    return r->m_read.status == RTMP_READ_COMPLETE;
}

static int again(char *url, const char *path)
{
    RTMP r;
    int good = 1;

    for (int round = 0; good && round < 3; round++) {
        char *copy = strdup(url);
        FILE *out = fopen(path, "wb");
        if (!copy || !out)
            return 0;
        set_up(&r, copy, 0);
        good = RTMP_ConnectStream(&r, 0) && reads(&r, out, 0);
        RTMP_Close(&r);
        free(copy);
        fclose(out);
    }
    return good;
}

static unsigned be(const unsigned char *at, int bytes)
{
    unsigned value = 0;
    while (bytes-- > 0)
        value = value << 8 | *at++;
    return value;
}

static int send_frame(RTMP *r, const unsigned char *tag, unsigned size)
{
    const size_t head = sizeof(RTMPPacket) + RTMP_MAX_HEADER_SIZE;
    RTMPPacket *p = malloc(head + size);
    int sent;

    if (!p)
        return 0;
    memset(p, 0, head);
    p->m_body = (char *)p + head;
    p->m_nBodySize = size;
    memcpy(p->m_body, tag + TAG_HEADER, size);
    p->m_packetType = tag[0];
    p->m_headerType = tag[0] == RTMP_PACKET_TYPE_AUDIO && size != 4 ? RTMP_PACKET_SIZE_MEDIUM : RTMP_PACKET_SIZE_LARGE;
    p->m_nTimeStamp = be(tag + 4, 3) | (unsigned)tag[7] << 24;
    p->m_nChannel = 4;
    p->m_nInfoField2 = r->m_stream_id;
    sent = RTMP_IsConnected(r) && RTMP_SendPacket(r, p, TRUE);
    free(p);
    return sent;
}

static int publishes(RTMP *r, const char *path, int in_packets)
{
    static unsigned char film[1 << 20];
    FILE *in = fopen(path, "rb");
    size_t n = in ? fread(film, 1, sizeof film, in) : 0;
    size_t at = FILE_HEADER;

    if (n <= FILE_HEADER || n == sizeof film || fclose(in))
        return 0;
    if (!in_packets && RTMP_Write(r, (char *)film, FILE_HEADER) != FILE_HEADER)
        return 0;
    while (at + TAG_HEADER < n) {
        unsigned size = be(film + at + 1, 3);
        int whole = (int)size + TAG_HEADER + TAG_END;
        if (in_packets && film[at] != RTMP_PACKET_TYPE_INFO && !send_frame(r, film + at, size))
            return 0;
        if (!in_packets && RTMP_Write(r, (char *)film + at, whole) != whole)
            return 0;
        at += (size_t)whole;
    }
    return 1;
}

static void *shut_down(void *r)
{
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    shutdown(RTMP_Socket(r), SHUT_RDWR);
    return NULL;
}

static void *close_it(void *r)
{
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    RTMP_Close(r);
    return NULL;
}

/* The stream begins or not, as the server likes; no byte of it comes. */
static int is_ended(RTMP *r, void *(*how)(void *))
{
    char buffer[1000];
    pthread_t thread;
    time_t began = time(NULL);

    if (pthread_create(&thread, NULL, how, r))
        return 0;
    int n = RTMP_ConnectStream(r, 0) ? RTMP_Read(r, buffer, sizeof buffer) : 0;
    pthread_join(thread, NULL);
    return n <= 0 && time(NULL) - began < 5;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    const char *habit = argv[1], *path = argv[3];
    int out = strstr("packets-out header-first", habit) != NULL && strcmp(habit, "packets") != 0;
    int ends = strcmp(habit, "shutdown") == 0 || strcmp(habit, "close") == 0, good = 0;

    if (strcmp(habit, "again") == 0)
        return !again(argv[2], path);
    RTMP *r = RTMP_Alloc();
    FILE *file = out || ends ? NULL : fopen(path, "wb");
    if (!r || (!out && !ends && !file))
        return 2;
    set_up(r, argv[2], out);
    if (strcmp(habit, "packets") == 0)
        good = packets(r, file);
    else if (strcmp(habit, "unasked") == 0)
        good = reads(r, file, 0);
    else if (ends)
        good = is_ended(r, strcmp(habit, "close") == 0 ? close_it : shut_down);
    else if (!RTMP_ConnectStream(r, 0))
        good = 0;
    else if (strcmp(habit, "media") == 0)
        good = media(r, file);
    else if (strcmp(habit, "polls") == 0)
        good = polls(r, file, 0);
    else if (strcmp(habit, "waits") == 0)
        good = polls(r, file, 1);
    else if (strcmp(habit, "pauses") == 0)
        good = reads(r, file, 1);
    else if (out)
        good = publishes(r, path, strcmp(habit, "packets-out") == 0);
    RTMP_Close(r);
    RTMP_Free(r);
    if (file)
        fclose(file);
    return !good;
}
