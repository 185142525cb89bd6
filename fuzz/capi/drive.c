/*
 * Reads bytes as a program over the exported functions: one byte names a call, the next ones are its arguments. Every
 * argument keeps to what the headers ask of callers, and no more than that. The server is the other end of a pair of
 * sockets: it says what the bytes say, then nothing more, and hears everything.
 *
 * Left out, because they would leave the process or wait by design: RTMP_Connect and RTMP_Connect0 (network),
 * RTMP_ToggleStream (waits a second), HTTP_get and RTMP_HashSWF (network), RTMP_UserInterrupt (ends all calls).
 */
#include <errno.h>
#include <librtmp/amf.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

void drive(const uint8_t *data, size_t size);

extern int AMF3ReadInteger(const char *data, int32_t *value);
extern int AMF3ReadString(const char *data, AVal *text);
extern int RTMP_FindPrefixProperty(AMFObject *object, const AVal *name, AMFObjectProperty *found);

enum {
    MAX_CALLS = 64,
    MAX_TEXTS = 256,
    MAX_BODY = 2048,
    MAX_SAID = 4096,
    HANDSHAKE = 1 + 2 * 1536
};

static const uint8_t *input;
static size_t left;
/* What outlives the session, as the headers ask: texts. */
static void *texts[MAX_TEXTS];
static int text_count;
static int server = -1;

static uint8_t byte(void) {
    if (left == 0)
        return 0;
    left--;
    return *input++;
}

static uint32_t number(void) {
    static const uint32_t edges[] = {0, 1, 2, 127, 128, 4096, 65535, 65536, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff};
    uint8_t choice = byte();
    if (choice < 0x80)
        return choice;
    if (choice < 0xc0)
        return edges[choice % (sizeof edges / sizeof *edges)];
    uint32_t value = byte();
    value = value << 8 | byte();
    value = value << 8 | byte();
    return value << 8 | byte();
}

/* The next bytes, at most `limit`, in memory of exactly their size plus a NUL, where an overrun is seen. */
static char *bytes(size_t limit, int *length) {
    size_t n = byte();
    if (n >= 0xf0)
        n = (n & 0xf) << 8 | byte();
    if (n > limit)
        n = limit;
    if (n > left)
        n = left;
    char *copy = malloc(n + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, input, n);
    copy[n] = '\0';
    input += n;
    left -= n;
    *length = (int)n;
    return copy;
}

static char *text(int *length) {
    char *copy = bytes(MAX_BODY, length);
    if (text_count == MAX_TEXTS)
        abort();
    texts[text_count++] = copy;
    return copy;
}

static AVal value(void) {
    AVal val;
    val.av_val = text(&val.av_len);
    if (val.av_len == 0)
        val.av_val = NULL;
    return val;
}

static void hear(void) {
    char buffer[65536];
    while (server >= 0 && recv(server, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        ;
}

static void log_line(int level, const char *format, va_list arguments) {
    char line[4096];
    (void)level;
    vsnprintf(line, sizeof line, format, arguments);
}

static void leave(RTMP *r) {
    hear();
    RTMP_Close(r);
    if (server >= 0)
        close(server);
    server = -1;
}

/* A socket in the handle, and a server behind it that says the next bytes. */
static void arrive(RTMP *r, int with_handshake) {
    static char hello[HANDSHAKE] = {3};
    int ends[2], length;
    leave(r);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        abort();
    server = ends[1];
    char *said = bytes(MAX_SAID, &length);
    if (with_handshake && write(server, hello, sizeof hello) != sizeof hello)
        abort();
    if (write(server, said, (size_t)length) != length)
        abort();
    free(said);
    shutdown(server, SHUT_WR);
    r->m_sb.sb_socket = ends[0];
    r->Link.timeout = 1;
}

static void setup_url(RTMP *r) {
    int i, length;
    char *url = text(&length);
    /* An option that would fetch a file. */
    for (i = 0; i + 3 <= length; i++)
        if (strncasecmp(url + i, "swf", 3) == 0)
            return;
    leave(r);
    RTMP_SetupURL(r, url);
    /* A reconnection stays in the process: there is no host to go to. */
    memset(&r->Link.hostname, 0, sizeof r->Link.hostname);
    memset(&r->Link.sockshost, 0, sizeof r->Link.sockshost);
    r->Link.socksport = 0;
}

static void set_option(RTMP *r) {
    AVal name = value(), argument = value();
    RTMP_SetOpt(r, &name, &argument);
    memset(&r->Link.sockshost, 0, sizeof r->Link.sockshost);
}

static void parse_url(void) {
    int length, protocol = 0;
    unsigned port = 0;
    AVal host = {0, 0}, playpath = {0, 0}, app = {0, 0};
    const char *url = text(&length);
    if (RTMP_ParseURL(url, &protocol, &host, &port, &playpath, &app)) {
        size_t size = strlen(url);
        if (host.av_len > (int)size || app.av_len > (int)size)
            abort();
        free(playpath.av_val);
    }
    AVal in = value(), out = {0, 0};
    RTMP_ParsePlaypath(&in, &out);
    free(out.av_val);
}

static void encode(AMFObject *object) {
    char buffer[MAX_BODY];
    size_t room = number() % sizeof buffer;
    char *exact = malloc(room + 1), *end = exact + room, *written;
    if (exact == NULL)
        abort();
    written = AMF_Encode(object, exact, end);
    if (written != NULL && (written < exact || written > end))
        abort();
    AMF_EncodeEcmaArray(object, exact, end);
    AMF_EncodeArray(object, exact, end);
    if (object->o_num > 0)
        AMFProp_Encode(AMF_GetProp(object, NULL, 0), exact, end);
    free(exact);
}

static void decode(int amf3) {
    AMFObject object = {0, NULL};
    AMFObjectProperty property, found;
    int length, named = byte() & 1, count = (int)number();
    char *data = bytes(MAX_BODY, &length);
    AVal name = value();
    int used = amf3 ? AMF3_Decode(&object, data, length, named) : AMF_Decode(&object, data, length, named);
    if (used > length)
        abort();
    AMF_Dump(&object);
    encode(&object);
    RTMP_FindFirstMatchingProperty(&object, &name, &found);
    RTMP_FindPrefixProperty(&object, &name, &found);
    AMFProp_GetType(AMF_GetProp(&object, &name, -1));
    AMFProp_GetNumber(AMF_GetProp(&object, NULL, AMF_CountProp(&object) - 1));
    AMF_Reset(&object);
    if (!amf3) {
        if (AMF_DecodeArray(&object, data, length, count, named) > length)
            abort();
        AMF_Reset(&object);
    }
    memset(&property, 0, sizeof property);
    used = amf3 ? AMF3Prop_Decode(&property, data, length, named) : AMFProp_Decode(&property, data, length, named);
    if (used > length)
        abort();
    AMFProp_Dump(&property);
    AMFProp_Reset(&property);
    free(data);
}

static void build(void) {
    AMFObject object = {0, NULL};
    int i, count = byte() % 40;
    for (i = 0; i < count; i++) {
        AMFObjectProperty property = {{0, 0}, AMF_NULL, {0}, 0};
        AVal name = {(char *)"name", 4}, string = {(char *)"string", 6};
        AMFProp_SetName(&property, &name);
        switch (byte() % 4) {
        case 0:
            AMFProp_SetNumber(&property, number());
            break;
        case 1:
            AMFProp_SetBoolean(&property, byte());
            break;
        case 2:
            AMFProp_SetString(&property, &string);
            break;
        default:
            break;
        }
        AMF_AddProp(&object, &property);
    }
    if (AMF_CountProp(&object) != count)
        abort();
    encode(&object);
    AMF_Dump(&object);
    AMF_Reset(&object);
}

static void read_packet(RTMP *r, int with_chunk) {
    RTMPChunk chunk;
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    memset(&chunk, 0, sizeof chunk);
    packet.m_chunk = with_chunk ? &chunk : NULL;
    if (!RTMP_ReadPacket(r, &packet))
        return;
    if (with_chunk)
        RTMP_SendChunk(r, &chunk);
    if (RTMPPacket_IsReady(&packet)) {
        RTMP_ClientPacket(r, &packet);
        RTMPPacket_Free(&packet);
    } else if (packet.m_body != NULL) {
        abort();
    }
}

static void make_packet(RTMPPacket *packet) {
    int length;
    char *body = bytes(MAX_BODY, &length);
    memset(packet, 0, sizeof *packet);
    packet->m_headerType = byte() & 3;
    packet->m_packetType = byte();
    packet->m_nChannel = (int)number();
    packet->m_nTimeStamp = number();
    packet->m_nInfoField2 = (int32_t)number();
    packet->m_nBodySize = (uint32_t)length;
    if (!RTMPPacket_Alloc(packet, packet->m_nBodySize))
        abort();
    memcpy(packet->m_body, body, (size_t)length);
    packet->m_nBytesRead = (uint32_t)length;
    free(body);
}

static void send_packet(RTMP *r) {
    RTMPPacket packet;
    make_packet(&packet);
    RTMPPacket_Dump(&packet);
    RTMP_SendPacket(r, &packet, byte() & 1);
    RTMPPacket_Free(&packet);
}

static void meet_packet(RTMP *r) {
    RTMPPacket packet;
    make_packet(&packet);
    RTMP_ClientPacket(r, &packet);
    RTMPPacket_Free(&packet);
}

static void read_media(RTMP *r) {
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    if (RTMP_GetNextMediaPacket(r, &packet))
        RTMPPacket_Free(&packet);
}

static void read_bytes(RTMP *r) {
    int size = (int)(number() % 8192);
    char *memory = malloc((size_t)size + 1);
    if (memory == NULL)
        abort();
    if (RTMP_Read(r, memory, size) > size)
        abort();
    free(memory);
}

static void write_bytes(RTMP *r) {
    int length;
    char *data = bytes(MAX_BODY, &length);
    if (RTMP_Write(r, data, length) > length)
        abort();
    free(data);
}

static void set_field(RTMP *r) {
    int number_of = byte();
    uint32_t to = number();
    switch (number_of % 16) {
    case 0: r->m_inChunkSize = (int)to; break;
    case 1: r->m_outChunkSize = (int)to; break;
    case 2: r->m_stream_id = (int)to; break;
    case 3: r->m_bPlaying = (uint8_t)to; break;
    case 4: r->m_bSendCounter = (uint8_t)to; break;
    case 5: r->m_nClientBW = (int)to; break;
    case 6: r->m_pausing = (int)to; break;
    case 7: r->m_mediaChannel = (int)to; break;
    case 8: r->m_numInvokes = (int)to; break;
    case 9: r->Link.lFlags = (int)(to & ~(RTMP_LF_FTCU | RTMP_LF_FAPU)) | (r->Link.lFlags & (RTMP_LF_FTCU | RTMP_LF_FAPU)); break;
    case 10: r->Link.protocol = (int)to; break;
    case 11: r->m_read.flags = (uint8_t)(to & ~(unsigned)RTMP_READ_RESUME); break;
    case 12: r->m_read.status = (int8_t)to; break;
    case 13: r->Link.SWFSize = to; break;
    case 14: r->m_fEncoding = to; break;
    default: r->m_nBytesIn = (int)to; break;
    }
}

static void dump_bytes(void) {
    int length;
    char *data = bytes(MAX_BODY, &length);
    RTMP_LogHex(RTMP_LOGDEBUG, (uint8_t *)data, (unsigned long)length);
    RTMP_LogHexString(RTMP_LOGDEBUG, (uint8_t *)data, (unsigned long)length);
    free(data);
}

static void sockbuf(RTMP *r) {
    int length;
    char *data = bytes(MAX_BODY, &length);
    if (byte() & 1)
        RTMPSockBuf_Fill(&r->m_sb);
    else
        RTMPSockBuf_Send(&r->m_sb, data, length);
    free(data);
}

static void setup_stream(RTMP *r) {
    AVal host = {0, 0}, path = value(), tc = value(), app = value(), auth = value(), version = value(), sub = value(), token = value();
    int protocol = (int)(number() & (RTMP_FEATURE_WRITE | RTMP_FEATURE_HTTP | RTMP_FEATURE_ENC)), live = byte();
    leave(r);
    RTMP_SetupStream(r, protocol, &host, 0, NULL, &path, &tc, NULL, NULL, &app, &auth, NULL, 0, &version, &sub, &token,
                     (int)number(), (int)number(), live, 1);
}

static void call(RTMP *r) {
    switch (byte() % 40) {
    case 0: setup_url(r); break;
    case 1: set_option(r); break;
    case 2: parse_url(); break;
    case 3: decode(0); break;
    case 4: decode(1); break;
    case 5: build(); break;
    case 6: case 7: arrive(r, 0); break;
    case 8: case 9: arrive(r, 1); RTMP_Connect1(r, NULL); break;
    case 10: arrive(r, 0); RTMP_Serve(r); break;
    case 11: RTMP_ConnectStream(r, (int)number()); break;
    case 12: RTMP_ReconnectStream(r, (int)number()); break;
    case 13: case 14: read_packet(r, 0); break;
    case 15: read_packet(r, 1); break;
    case 16: read_media(r); break;
    case 17: case 18: read_bytes(r); break;
    case 19: case 20: write_bytes(r); break;
    case 21: case 22: send_packet(r); break;
    case 23: case 24: meet_packet(r); break;
    case 25: set_field(r); break;
    case 26: dump_bytes(); break;
    case 27: sockbuf(r); break;
    case 28: setup_stream(r); break;
    case 29: RTMP_SendCtrl(r, (short)number(), number(), number()); break;
    case 30: RTMP_SendPause(r, byte(), (int)number()); RTMP_Pause(r, byte()); break;
    case 31: RTMP_SendSeek(r, (int)number()); break;
    case 32: RTMP_SendCreateStream(r); break;
    case 33: RTMP_DeleteStream(r); break;
    case 34: RTMP_SendServerBW(r); RTMP_SendClientBW(r); break;
    case 35: RTMP_SetBufferMS(r, (int)number()); RTMP_UpdateBufferMS(r); break;
    case 36: if (r->m_numCalls > 0) RTMP_DropRequest(r, byte() % r->m_numCalls, 1); break;
    case 37: RTMP_EnableWrite(r); break;
    case 38: RTMP_IsConnected(r); RTMP_IsTimedout(r); RTMP_Socket(r); RTMP_GetDuration(r); RTMP_GetTime(); break;
    default: leave(r); break;
    }
}

void drive(const uint8_t *data, size_t size) {
    int calls = 0;
    /* Anything may be in it before. */
    RTMP *r = malloc(sizeof *r);
    if (r == NULL)
        abort();
    memset(r, 0xa5, sizeof *r);
    input = data;
    left = size;
    text_count = 0;
    RTMP_LogSetCallback(log_line);
    RTMP_LogSetLevel(byte() & 1 ? RTMP_LOGALL : RTMP_LOGCRIT);
    RTMP_Init(r);
    while (left > 0 && calls++ < MAX_CALLS && text_count < MAX_TEXTS - 16) {
        hear();
        call(r);
        if (r->m_sb.sb_size < 0 || r->m_sb.sb_size > RTMP_BUFFER_CACHE_SIZE)
            abort();
    }
    leave(r);
    /* What the conn option made stays on close. */
    AMF_Reset(&r->Link.extras);
    free(r);
    while (text_count > 0)
        free(texts[--text_count]);
}
