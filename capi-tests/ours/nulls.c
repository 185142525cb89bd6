/* Bad input: null pointers to every function, empty and oversized texts, unknown options, malformed URLs. Each gives
 * its failure value and, where there is something to say, a line in the log that names what was wrong. */
#include "ours.h"
#include <librtmp/amf.h>
#include <librtmp/http.h>

/* Exported, but in no header of the reference. */
char *AMF_EncodeEcmaArray(AMFObject *, char *, char *);
char *AMF_EncodeArray(AMFObject *, char *, char *);
int AMF_DecodeArray(AMFObject *, const char *, int, int, int);

#define IS(expression, value) check((expression) == (value), "%s is %s", #expression, #value)
#define LIVES(call) ((call), say("ok   %s returns\n", #call))

static void nulls(void)
{
    static RTMP r;
    static RTMPPacket packet;
    static AMFObject object;
    static AMFObjectProperty property;
    static RTMPSockBuf buffer;
    static struct HTTP_ctx http;
    AVal text = AVC("text");
    char bytes[64] = {0};
    int protocol;
    unsigned port;
    unsigned char hash[32];
    buffer.sb_socket = -1;

    say("a null handle\n");
    LIVES(RTMP_Init(NULL));
    LIVES(RTMP_Close(NULL));
    LIVES(RTMP_Free(NULL));
    LIVES(RTMP_EnableWrite(NULL));
    LIVES(RTMP_SetBufferMS(NULL, 1));
    LIVES(RTMP_UpdateBufferMS(NULL));
    LIVES(RTMP_DeleteStream(NULL));
    LIVES(RTMP_DropRequest(NULL, 0, 1));
    LIVES(RTMP_SetupStream(NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, 0, 0, 0));
    IS(RTMP_SetupURL(NULL, bytes), 0);
    IS(RTMP_SetOpt(NULL, &text, &text), 0);
    IS(RTMP_Connect(NULL, NULL), 0);
    IS(RTMP_Connect0(NULL, NULL), 0);
    IS(RTMP_Connect1(NULL, NULL), 0);
    IS(RTMP_Serve(NULL), 0);
    IS(RTMP_TLS_Accept(NULL, NULL), 0);
    IS(RTMP_ConnectStream(NULL, 0), 0);
    IS(RTMP_ReconnectStream(NULL, 0), 0);
    IS(RTMP_ToggleStream(NULL), 0);
    IS(RTMP_Pause(NULL, 1), 0);
    IS(RTMP_SendPause(NULL, 1, 0), 0);
    IS(RTMP_SendSeek(NULL, 0), 0);
    IS(RTMP_SendCreateStream(NULL), 0);
    IS(RTMP_SendCtrl(NULL, 3, 0, 0), 0);
    IS(RTMP_SendServerBW(NULL), 0);
    IS(RTMP_SendClientBW(NULL), 0);
    IS(RTMP_SendPacket(NULL, &packet, 0), 0);
    IS(RTMP_SendChunk(NULL, NULL), 0);
    IS(RTMP_ReadPacket(NULL, &packet), 0);
    IS(RTMP_ClientPacket(NULL, &packet), 0);
    IS(RTMP_GetNextMediaPacket(NULL, &packet), 0);
    check(RTMP_Read(NULL, bytes, 64) <= 0, "RTMP_Read(NULL, bytes, 64) fails");
    check(RTMP_Write(NULL, bytes, 64) <= 0, "RTMP_Write(NULL, bytes, 64) fails");
    IS(RTMP_IsConnected(NULL), 0);
    IS(RTMP_IsTimedout(NULL), 0);
    IS(RTMP_Socket(NULL), -1);
    IS(RTMP_GetDuration(NULL), 0.0);

    say("null arguments\n");
    RTMP_Init(&r);
    IS(RTMP_SetupURL(&r, NULL), 0);
    IS(RTMP_SetOpt(&r, NULL, &text), 0);
    IS(RTMP_SetOpt(&r, &text, NULL), 0);
    IS(RTMP_Connect0(&r, NULL), 0);
    IS(RTMP_SendPacket(&r, NULL, 0), 0);
    IS(RTMP_SendChunk(&r, NULL), 0);
    IS(RTMP_ReadPacket(&r, NULL), 0);
    IS(RTMP_ClientPacket(&r, NULL), 0);
    IS(RTMP_GetNextMediaPacket(&r, NULL), 0);
    check(RTMP_Read(&r, NULL, 64) <= 0, "RTMP_Read(&r, NULL, 64) fails");
    check(RTMP_Write(&r, NULL, 64) <= 0, "RTMP_Write(&r, NULL, 64) fails");
    IS(RTMP_TLS_Accept(&r, NULL), 0);
    LIVES(RTMP_SetupStream(&r, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, 0, 0, 0));
    LIVES(RTMP_DropRequest(&r, 7, 1));
    LIVES(RTMP_DropRequest(&r, -1, 1));
    LIVES(RTMP_Close(&r));
    IS(RTMP_ParseURL(NULL, NULL, NULL, NULL, NULL, NULL), 0);
    check(RTMP_ParseURL("rtmp://h/a/p", NULL, NULL, NULL, NULL, NULL) == 0 ||
              RTMP_ParseURL("rtmp://h/a/p", &protocol, NULL, &port, NULL, NULL) >= 0,
          "RTMP_ParseURL without places for its results");
    LIVES(RTMP_ParsePlaypath(NULL, NULL));
    LIVES(RTMP_ParsePlaypath(&text, NULL));
    IS(RTMP_HashSWF(NULL, &port, hash, 0), -1);
    IS(RTMP_HashSWF("http://h/x.swf", NULL, NULL, 0), -1);
    IS(HTTP_get(NULL, NULL, NULL), HTTPRES_BAD_REQUEST);
    IS(HTTP_get(&http, NULL, NULL), HTTPRES_BAD_REQUEST);
    IS(RTMP_TLS_AllocServerContext(NULL, NULL), NULL);
    LIVES(RTMP_TLS_FreeServerContext(NULL));
    IS(RTMPSockBuf_Close(NULL), -1);
    IS(RTMPSockBuf_Fill(NULL), -1);
    IS(RTMPSockBuf_Send(NULL, bytes, 1), -1);
    check(RTMPSockBuf_Send(&buffer, NULL, 1) <= 0, "RTMPSockBuf_Send(&buffer, NULL, 1) fails");

    say("packets\n");
    IS(RTMPPacket_Alloc(NULL, 1), 0);
    LIVES(RTMPPacket_Free(NULL));
    LIVES(RTMPPacket_Reset(NULL));
    LIVES(RTMPPacket_Dump(NULL));
    LIVES(RTMPPacket_Free(&packet));
    LIVES(RTMPPacket_Dump(&packet));

    say("AMF\n");
    IS(AMF_EncodeString(NULL, NULL, &text), NULL);
    IS(AMF_EncodeString(bytes, bytes + 64, NULL), NULL);
    IS(AMF_EncodeNumber(NULL, NULL, 1.0), NULL);
    IS(AMF_EncodeBoolean(NULL, NULL, 1), NULL);
    IS(AMF_EncodeInt16(NULL, NULL, 1), NULL);
    IS(AMF_EncodeInt24(NULL, NULL, 1), NULL);
    IS(AMF_EncodeInt32(NULL, NULL, 1), NULL);
    IS(AMF_EncodeNamedString(bytes, bytes + 64, NULL, &text), NULL);
    IS(AMF_EncodeNamedString(bytes, bytes + 64, &text, NULL), NULL);
    IS(AMF_EncodeNamedNumber(bytes, bytes + 64, NULL, 1.0), NULL);
    IS(AMF_EncodeNamedBoolean(bytes, bytes + 64, NULL, 1), NULL);
    IS(AMF_Encode(NULL, bytes, bytes + 64), NULL);
    IS(AMF_Encode(&object, NULL, NULL), NULL);
    IS(AMF_EncodeEcmaArray(NULL, bytes, bytes + 64), NULL);
    IS(AMF_EncodeArray(NULL, bytes, bytes + 64), NULL);
    IS(AMFProp_Encode(NULL, bytes, bytes + 64), NULL);
    IS(AMF_Decode(NULL, bytes, 64, 0), -1);
    IS(AMF_Decode(&object, NULL, 64, 0), 0);
    IS(AMF_Decode(&object, bytes, -1, 0), 0);
    IS(AMF_DecodeArray(NULL, bytes, 64, 1, 0), -1);
    IS(AMF3_Decode(NULL, bytes, 64, 0), -1);
    IS(AMF3_Decode(&object, NULL, 64, 0), -1);
    IS(AMFProp_Decode(NULL, bytes, 64, 0), -1);
    IS(AMFProp_Decode(&property, NULL, 64, 0), -1);
    IS(AMF3Prop_Decode(NULL, bytes, 64, 0), -1);
    IS(AMF_DecodeInt16(NULL), 0);
    IS(AMF_DecodeInt24(NULL), 0);
    IS(AMF_DecodeInt32(NULL), 0);
    IS(AMF_DecodeBoolean(NULL), 0);
    IS(AMF_DecodeNumber(NULL), 0.0);
    LIVES(AMF_DecodeString(NULL, &text));
    LIVES(AMF_DecodeString(bytes, NULL));
    LIVES(AMF_DecodeLongString(NULL, NULL));
    IS(AMF_CountProp(NULL), 0);
    IS(AMFProp_IsValid(AMF_GetProp(NULL, NULL, 0)), 0);
    IS(AMFProp_IsValid(AMF_GetProp(&object, NULL, -1)), 0);
    IS(AMFProp_IsValid(NULL), 0);
    IS(AMFProp_GetType(NULL), AMF_INVALID);
    IS(AMFProp_GetNumber(NULL), 0.0);
    IS(AMFProp_GetBoolean(NULL), 0);
    IS(AMF3CD_GetProp(NULL, 0) == NULL || AMF3CD_GetProp(NULL, 0)->av_len == 0, 1);
    LIVES(AMFProp_GetName(NULL, NULL));
    LIVES(AMFProp_GetString(NULL, NULL));
    LIVES(AMFProp_GetObject(NULL, NULL));
    LIVES(AMFProp_SetName(NULL, NULL));
    LIVES(AMFProp_Dump(NULL));
    LIVES(AMFProp_Reset(NULL));
    LIVES(AMF_AddProp(NULL, NULL));
    LIVES(AMF_Dump(NULL));
    LIVES(AMF_Reset(NULL));
    LIVES(AMF3CD_AddProp(NULL, NULL));
    IS(RTMP_FindFirstMatchingProperty(NULL, NULL, NULL), 0);

    say("the log\n");
    LIVES(RTMP_Log(RTMP_LOGERROR, NULL));
    LIVES(RTMP_LogPrintf(NULL));
    LIVES(RTMP_LogStatus(NULL));
    LIVES(RTMP_LogHex(RTMP_LOGERROR, NULL, 16));
    LIVES(RTMP_LogHexString(RTMP_LOGERROR, NULL, 16));
    RTMP_LogSetOutput(NULL);
    RTMP_LogSetCallback(NULL);
    LIVES(RTMP_Log(RTMP_LOGERROR, "to standard error"));
}

/* RTMP_SetupURL, its result and what the log has. */
static void url(const char *shown, const char *text)
{
    static RTMP r;
    char *copy = strcpy(malloc(strlen(text) + 1), text), *list;
    log_forget();
    RTMP_Init(&r);
    int set = RTMP_SetupURL(&r, copy);
    if ((list = strstr(log_text, "\n")) && strstr(list, "conn")) strcpy(list, "\n(and the list of options)\n");
    say("%s: %d\n%s", shown, set, log_text);
    RTMP_Close(&r);
    AMF_Reset(&r.Link.extras);
    free(copy);
}

static char *repeat(const char *before, char what, size_t n, const char *after)
{
    char *text = malloc(strlen(before) + n + strlen(after) + 1);
    strcpy(text, before);
    memset(text + strlen(before), what, n);
    strcpy(text + strlen(before) + n, after);
    return text;
}

static void urls(void)
{
    static const char *const texts[] = {
        "", " ", "rtmp", "rtmp:", "rtmp:/", "rtmp://", "://", "://h/a/p", "gopher://h/a/p", "rtmp://h", "rtmp://h/",
        "rtmp:///", "rtmp:///app/path", "rtmp://:1935/app/path", "rtmp://h:/app/path", "rtmp://h:99999/app/path", "rtmp://h:-1/app/path",
        "rtmp://h:port/app/path", "rtmp://[::1/app/path", "rtmp://[]/app/path", "rtmp://[::1]x/app/path", "rtmp://h/app/%", "rtmp://h/app/%4",
        "rtmp://h/app/%zz", "rtmp://h/app/path nonsense", "rtmp://h/app/path nonsense=1", "rtmp://h/app/path =1",
        "rtmp://h/app/path live", "rtmp://h/app/path timeout=soon", "rtmp://h/app/path timeout=", "rtmp://h/app/path playpath=a\\",
        "rtmp://h/app/path playpath=a\\2", "rtmp://h/app/path playpath=\\zz", "rtmp://h/app/path conn=", "rtmp://h/app/path conn=X:1",
        "rtmp://h/app/path conn=NN:x:1", "rtmp://h/app/path conn=O:0", "rtmp://h/app/path conn=N:many", "rtmp://h/app/path socks=ftp://p:1",
        "rtmp://h/app/path socks=p:99999", "rtmp://h/app/path tlsVerify=perhaps", "rtmp://h/app/path bind=nowhere",
    };
    log_from(RTMP_LOGWARNING);
    say("malformed URLs\n");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) url(texts[i], texts[i]);
    say("oversized URLs\n");
    char *text;
    url("a host of 300 bytes", text = repeat("rtmp://", 'h', 300, "/app/path"));
    free(text);
    url("an application of 1000000 bytes", text = repeat("rtmp://h/", 'a', 1000000, "/path"));
    free(text);
    url("a playpath of 1000000 bytes", text = repeat("rtmp://h/app/", 'p', 1000000, ""));
    free(text);
    url("1000000 per cent signs", text = repeat("rtmp://h/app/", '%', 1000000, ""));
    free(text);
    url("1000000 slashes", text = repeat("rtmp://h/", '/', 1000000, ""));
    free(text);
    url("1000000 spaces", text = repeat("rtmp://h/app/path", ' ', 1000000, ""));
    free(text);
    url("an option of 1000000 bytes", text = repeat("rtmp://h/app/path flashver=", 'f', 1000000, ""));
    free(text);
    url("a name of 3000 bytes", text = repeat("rtmp://h/app/path ", 'n', 3000, "=1"));
    free(text);
}

/* Calls on a handle without a connection. */
static void unconnected(void)
{
    static RTMP r;
    RTMPPacket packet;
    char bytes[64] = {0};
    struct sockaddr odd;
    log_from(RTMP_LOGERROR);
    say("a handle without a connection\n");
    memset(&packet, 0, sizeof packet);
    memset(&odd, 0, sizeof odd);
    odd.sa_family = 250;
    RTMP_Init(&r);
    log_forget();
    IS(RTMP_Connect(&r, NULL), 0);
    IS(RTMP_Connect0(&r, &odd), 0);
    IS(RTMP_Connect1(&r, NULL), 0);
    IS(RTMP_Serve(&r), 0);
    IS(RTMP_ConnectStream(&r, 0), 0);
    IS(RTMP_ReconnectStream(&r, 0), 0);
    IS(RTMP_ToggleStream(&r), 0);
    IS(RTMP_Pause(&r, 1), 0);
    IS(RTMP_SendSeek(&r, 0), 0);
    IS(RTMP_SendCreateStream(&r), 0);
    IS(RTMP_SendServerBW(&r), 0);
    IS(RTMP_SendClientBW(&r), 0);
    IS(RTMP_SendCtrl(&r, 3, 0, 0), 0);
    packet.m_nChannel = 4;
    packet.m_headerType = 9;
    IS(RTMP_SendPacket(&r, &packet, 0), 0);
    IS(RTMP_ReadPacket(&r, &packet), 0);
    IS(RTMP_GetNextMediaPacket(&r, &packet), 0);
    IS(RTMP_Read(&r, bytes, 64), 0);
    IS(RTMP_Write(&r, bytes, 64), -1);
    say("the log:\n%s", log_text);
    RTMP_Close(&r);
}

int main(void)
{
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    nulls();
    urls();
    unconnected();
    return 0;
}
