/* A server on the reference library, for tests/handshake_reference.rs: shakes hands on the socket it finds at standard
 * input, then reads one packet and sends it back. Prints what it met; the exit status tells whether all went well. */
#include <stdio.h>
#include <string.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>

int main(void)
{
    RTMP rtmp;
    RTMPPacket packet;

    RTMP_LogSetLevel(RTMP_LOGWARNING);
    RTMP_Init(&rtmp);
    memset(&packet, 0, sizeof packet);
    rtmp.m_sb.sb_socket = 0;
    if (!RTMP_Serve(&rtmp)) {
        puts("no handshake");
        return 1;
    }
    puts("handshake");
    do {
        if (!RTMP_ReadPacket(&rtmp, &packet)) {
            puts("no packet");
            return 1;
        }
    } while (!RTMPPacket_IsReady(&packet));
    printf("packet type %d, %u bytes\n", packet.m_packetType, packet.m_nBodySize);
    return RTMP_SendPacket(&rtmp, &packet, FALSE) ? 0 : 1;
}
