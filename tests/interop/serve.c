/*
 * serve.c - a server in C, of the library's own calls: RTMP_TLS_Accept, RTMP_Serve, RTMP_ReadPacket, RTMP_SendPacket.
 *
 * serve FILM RECORDING [CERTIFICATE KEY]: plays FILM to whoever asks and writes what is published to RECORDING. Prints its port on
 * 127.0.0.1, then what happens; one client at a time.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#define TEXT(name) static AVal av_##name = AVC(#name)
TEXT(_result); TEXT(onStatus); TEXT(level); TEXT(code); TEXT(status);
TEXT(connect); TEXT(createStream); TEXT(play); TEXT(publish);
static AVal av_connected = AVC("NetConnection.Connect.Success"), av_play_start = AVC("NetStream.Play.Start"),
            av_complete = AVC("NetStream.Play.Complete"), av_stop = AVC("NetStream.Play.Stop"),
            av_publish_start = AVC("NetStream.Publish.Start");

static void send_message(RTMP *r, int type, int stream, unsigned time, const char *body, unsigned size)
{
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    if (!RTMPPacket_Alloc(&packet, size))
        exit(1);
    memcpy(packet.m_body, body, size);
    packet.m_nBodySize = size;
    packet.m_packetType = (unsigned char)type;
    packet.m_headerType = RTMP_PACKET_SIZE_LARGE;
    packet.m_nChannel = type == RTMP_PACKET_TYPE_INVOKE ? 3 : 4;
    packet.m_nInfoField2 = stream;
    packet.m_nTimeStamp = time;
    packet.m_hasAbsTimestamp = 1;
    if (!RTMP_SendPacket(r, &packet, FALSE))
        printf("a message was not sent\n");
    RTMPPacket_Free(&packet);
}

/* A command with the object {level, code}, or, without a code, the number 1 as its argument. */
static void command(RTMP *r, AVal *name, double number, int stream, AVal *code)
{
    char body[512], *p = body, *end = body + sizeof body;
    p = AMF_EncodeString(p, end, name);
    p = AMF_EncodeNumber(p, end, number);
    *p++ = AMF_NULL;
    if (code) {
        *p++ = AMF_OBJECT;
        p = AMF_EncodeNamedString(p, end, &av_level, &av_status);
        p = AMF_EncodeNamedString(p, end, &av_code, code);
        memcpy(p, "\0\0\x09", 3);
        p += 3;
    } else {
        p = AMF_EncodeNumber(p, end, 1);
    }
    send_message(r, RTMP_PACKET_TYPE_INVOKE, stream, 0, body, (unsigned)(p - body));
}

static void play(RTMP *r, const char *film)
{
    unsigned char head[15];
    FILE *in = fopen(film, "rb");
    if (!in || fread(head, 1, 13, in) != 13)
        exit(1);
    command(r, &av_onStatus, 0, 1, &av_play_start);
    while (fread(head, 1, 11, in) == 11) {
        unsigned size = AMF_DecodeInt24((char *)head + 1), time = AMF_DecodeInt24((char *)head + 4) | (unsigned)head[7] << 24;
        char *body = malloc(size + 4);
        if (!body || fread(body, 1, size + 4, in) != size + 4)
            exit(1);
        if (head[0] == RTMP_PACKET_TYPE_AUDIO || head[0] == RTMP_PACKET_TYPE_VIDEO)
            send_message(r, head[0], 1, time, body, size);
        free(body);
    }
    fclose(in);
    command(r, &av_onStatus, 0, 1, &av_complete);
    command(r, &av_onStatus, 0, 1, &av_stop);
}

static void record(FILE *out, const RTMPPacket *packet)
{
    char head[11] = {(char)packet->m_packetType}, size[4];
    AMF_EncodeInt24(head + 1, head + 4, (int)packet->m_nBodySize);
    AMF_EncodeInt24(head + 4, head + 7, (int)(packet->m_nTimeStamp & 0xffffff));
    head[7] = (char)(packet->m_nTimeStamp >> 24);
    AMF_EncodeInt32(size, size + 4, (int)packet->m_nBodySize + 11);
    fwrite(head, 1, sizeof head, out);
    fwrite(packet->m_body, 1, packet->m_nBodySize, out);
    fwrite(size, 1, sizeof size, out);
}

static void converse(RTMP *r, const char *film, const char *recording)
{
    RTMPPacket packet;
    FILE *out = NULL;
    memset(&packet, 0, sizeof packet);
    while (RTMP_IsConnected(r) && RTMP_ReadPacket(r, &packet)) {
        if (!RTMPPacket_IsReady(&packet))
            continue;
        if (packet.m_packetType == RTMP_PACKET_TYPE_CHUNK_SIZE) {
            r->m_inChunkSize = (int)AMF_DecodeInt32(packet.m_body);
        } else if (packet.m_packetType == RTMP_PACKET_TYPE_INVOKE) {
            AMFObject arguments;
            AVal name;
            double number;
            if (AMF_Decode(&arguments, packet.m_body, (int)packet.m_nBodySize, FALSE) < 0)
                break;
            AMFProp_GetString(AMF_GetProp(&arguments, NULL, 0), &name);
            number = AMFProp_GetNumber(AMF_GetProp(&arguments, NULL, 1));
            if (AVMATCH(&name, &av_connect)) {
                command(r, &av__result, number, 0, &av_connected);
            } else if (AVMATCH(&name, &av_createStream)) {
                command(r, &av__result, number, 0, NULL);
            } else if (AVMATCH(&name, &av_publish)) {
                out = fopen(recording, "wb");
                fwrite("FLV\1\5\0\0\0\x09\0\0\0\0", 1, 13, out);
                command(r, &av_onStatus, 0, 1, &av_publish_start);
            } else if (AVMATCH(&name, &av_play)) {
                play(r, film);
            }
            AMF_Reset(&arguments);
        } else if (out && (packet.m_packetType == RTMP_PACKET_TYPE_AUDIO || packet.m_packetType == RTMP_PACKET_TYPE_VIDEO)) {
            record(out, &packet);
        }
        RTMPPacket_Free(&packet);
    }
    RTMPPacket_Free(&packet);
    if (out) {
        fclose(out);
        printf("recorded\n");
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    void *tls = NULL;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (argc != 3 && argc != 5)
        return 2;
    if (argc == 5 && !(tls = RTMP_TLS_AllocServerContext(argv[3], argv[4])))
        return 1;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 10) ||
        getsockname(listener, (struct sockaddr *)&address, &length))
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%d\n", ntohs(address.sin_port));
    for (;;) {
        RTMP *r = RTMP_Alloc();
        RTMP_Init(r);
        r->Link.timeout = 2;
        r->m_sb.sb_socket = accept(listener, NULL, NULL);
        if (tls && !RTMP_TLS_Accept(r, tls)) {
            printf("no TLS\n");
        } else if (!RTMP_Serve(r)) {
            printf("no handshake\n");
        } else {
            converse(r, argv[1], argv[2]);
            printf("served\n");
        }
        RTMP_Close(r);
        RTMP_Free(r);
    }
}
