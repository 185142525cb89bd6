/* RTMPPacket_Alloc, _Free, _Reset, _Dump and the list of calls. */
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const char *what, const RTMPPacket *p)
{
    printf("%s: %d %d %d %d %u %d %u %u body %s chunk %s\n", what, p->m_headerType, p->m_packetType, p->m_hasAbsTimestamp,
           p->m_nChannel, p->m_nTimeStamp, p->m_nInfoField2, p->m_nBodySize, p->m_nBytesRead, p->m_body ? "set" : "null",
           p->m_chunk ? "set" : "null");
}

static void alloc(uint32_t size)
{
    RTMPPacket p;
    uint32_t i, sum = 0;
    memset(&p, 0x5a, sizeof p);
    printf("alloc %u: %d\n", size, RTMPPacket_Alloc(&p, size));
    show("allocated", &p);
    for (i = 0; i < size + RTMP_MAX_HEADER_SIZE; i++)
        sum += (unsigned char)p.m_body[(int)i - RTMP_MAX_HEADER_SIZE];
    printf("sum %u\n", sum);
    memset(p.m_body - RTMP_MAX_HEADER_SIZE, 1, size + RTMP_MAX_HEADER_SIZE);
    p.m_nBytesRead = 9;
    RTMPPacket_Free(&p);
    show("freed", &p);
    RTMPPacket_Free(&p);
}

static void calls(void)
{
    static const char *const names[] = {"connect", "createStream", "play", "_checkbw"};
    RTMP *r = RTMP_Alloc();
    int i, drop;
    RTMP_Init(r);
    r->m_methodCalls = malloc(16 * sizeof *r->m_methodCalls);
    for (i = 0; i < 4; i++) {
        r->m_methodCalls[i].name.av_val = strdup(names[i]);
        r->m_methodCalls[i].name.av_len = (int)strlen(names[i]);
        r->m_methodCalls[i].num = i + 10;
    }
    r->m_numCalls = 4;
    for (drop = 3; drop >= 0; drop--) {
        RTMP_DropRequest(r, drop == 3 ? 1 : 0, 1);
        printf("%d calls:", r->m_numCalls);
        for (i = 0; i < r->m_numCalls; i++)
            printf(" %d %.*s", r->m_methodCalls[i].num, r->m_methodCalls[i].name.av_len, r->m_methodCalls[i].name.av_val);
        printf("\n");
    }
    free(r->m_methodCalls);
    RTMP_Free(r);
}

int main(void)
{
    static char body[] = "\xffxyz";
    RTMPPacket p;
    RTMPChunk chunk;
    setvbuf(stdout, NULL, _IONBF, 0);
    RTMP_LogSetOutput(stdout);
    RTMP_LogSetLevel(RTMP_LOGALL);
    alloc(0);
    alloc(1);
    alloc(128);
    alloc(1000000);

    memset(&p, 0x5a, sizeof p);
    p.m_body = body;
    p.m_chunk = &chunk;
    RTMPPacket_Reset(&p);
    show("reset", &p);

    p.m_packetType = RTMP_PACKET_TYPE_VIDEO;
    p.m_nChannel = 4;
    p.m_nTimeStamp = 77;
    p.m_nInfoField2 = 1;
    p.m_nBodySize = 4;
    RTMPPacket_Dump(&p);
    p.m_packetType = 0xfe;
    p.m_nChannel = 65599;
    p.m_nTimeStamp = 0xfffffff0u;
    p.m_nInfoField2 = -9;
    RTMPPacket_Dump(&p);
    p.m_body = NULL;
    p.m_nBodySize = 0;
    RTMPPacket_Dump(&p);
    printf("ready %d\n", RTMPPacket_IsReady(&p));
    RTMP_LogSetLevel(RTMP_LOGINFO);
    RTMPPacket_Dump(&p);
    calls();
    return 0;
}
