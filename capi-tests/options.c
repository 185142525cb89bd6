/* RTMP_SetOpt: every option, values good and bad, and the objects that conn builds. */
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set(RTMP *r, const char *name, const char *value)
{
    AVal option = {(char *)name, (int)strlen(name)}, argument = {(char *)value, (int)strlen(value)};
    return RTMP_SetOpt(r, &option, &argument);
}

static void show_object(const AMFObject *object, int indent)
{
    int i;
    for (i = 0; i < object->o_num; i++) {
        const AMFObjectProperty *p = &object->o_props[i];
        printf("%*s%d [%.*s] type %d utc %d", indent, "", i, p->p_name.av_len, p->p_name.av_val ? p->p_name.av_val : "",
               p->p_type, p->p_UTCoffset);
        if (p->p_type == AMF_NUMBER || p->p_type == AMF_BOOLEAN)
            printf(" %g", p->p_vu.p_number);
        if (p->p_type == AMF_STRING)
            printf(" [%.*s]", p->p_vu.p_aval.av_len, p->p_vu.p_aval.av_val);
        printf("\n");
        if (p->p_type == AMF_OBJECT)
            show_object(&p->p_vu.p_object, indent + 2);
    }
}

/* Sets conn to each word of the text. */
static void conn(const char *text)
{
    char *copy = strdup(text), *word;
    RTMP *r = RTMP_Alloc();
    RTMP_Init(r);
    printf("conn %s:", text);
    for (word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        int ok = set(r, "conn", word);
        printf(" %d(%d)", ok, r->Link.edepth);
    }
    printf("\n");
    show_object(&r->Link.extras, 2);
    AMF_Reset(&r->Link.extras);
    RTMP_Free(r);
    free(copy);
}

static void option(const char *name, const char *value)
{
    RTMP *r = RTMP_Alloc();
    size_t i;
    int ok;
    RTMP_Init(r);
    ok = set(r, name, value);
    printf("%s=%s: %d flags %x age %d seek %d stop %d buffer %d timeout %d socks port %d", name, value, ok, r->Link.lFlags,
           r->Link.swfAge, r->Link.seekTime, r->Link.stopTime, r->m_nBufferMS, r->Link.timeout, r->Link.socksport);
    for (i = 0; i < offsetof(RTMP_LNK, extras) / sizeof(AVal); i++) {
        const AVal *text = (const AVal *)(const void *)&r->Link + i;
        if (text->av_len)
            printf(" text %d [%.*s]", (int)i, text->av_len, text->av_val);
    }
    printf("\n");
    RTMP_Close(r);
    RTMP_Free(r);
}

static const char *const conns[] = {
    "B:1", "B:0", "B:2", "B:x", "B:", "B:-1", "N:1", "N:-1.5e3", "N:x", "N:", "N:0x10", "N:1x", "N:inf", "N:.5", "N:1e", "S:", "S:a",
    "S:a:b", "Z:", "Z:x", "Z", "O:1", "O:0", "O:2", "O:x", "O:", "X:1", "B", "N", "S", "O", "BB:1", "b:1", "n:1", "NB:a:1", "NN:a:1",
    "NS:a:b", "NO:a:1", "O:1 NB:a:1 NN:b:2.5 NS:c:d NO:e:1 NN:f:1 O:0 NN:g:2 O:0 B:1", "O:1 B:1 N:2 S:x O:0",
    "O:1 O:1 NN:a:1 O:0 NN:b:1 O:0 NN:c:1", "O:1 NB:a:2 NB:a: NB:a", "O:1 NN:a: NN:a NN::5 NN", "O:1 NS:a: NS:a NS:: NS:a:b:c",
    "O:1 NZ:a: NZ:a NZ:a:x", "O:1 NO:a:0 NO:b NO:b: NO:c:1 NO:d:2 NX:a:1", "O:1 O:0 O:0 O:1 NN:a:1 O:1 NN:b:1",
    "O:0 NN:a:1 B:1 O:1 NN:b:1 B:2", "Z:1 O:1 Z: O:0", "O:1 N:1 NN:a:2 O:0", "O:0 O:0 O:1 O:1 O:1 NN:a:1",
    "N:1 N:2 N:3 N:4 N:5 N:6 N:7 N:8 N:9 N:10 N:11 N:12 N:13 N:14 N:15 N:16 N:17 N:18",
};

static const char *const numbers[] = {"0", "1", "-1", "010", "0x1f", "0X1F", "0x", "09", "12x", "x", "", " 7", "+7", "- 7",
                                      "2147483647", "2147483648", "4294967297", "99999999999999999999", "-99999999999999999999"};

static const char *const booleans[] = {"1", "0", "on", "ON", "off", "yes", "Yes", "no", "true", "TRUE", "false", "2", "", "01", "1 ", "y"};

static const char *const texts[] = {"socks", "app", "tcUrl", "pageUrl", "swfUrl", "flashver", "playpath", "subscribe",
                                    "jtv", "token", "pubUser", "pubPasswd", "APP", "TCURL", "flashVer"};

int main(void)
{
    size_t i;
    setvbuf(stdout, NULL, _IONBF, 0);
    RTMP_LogSetOutput(stdout);
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    for (i = 0; i < sizeof conns / sizeof *conns; i++)
        conn(conns[i]);
    for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
        option("start", numbers[i]);
    option("swfAge", "3");
    option("stop", "3");
    option("buffer", "3");
    option("timeout", "3");
    for (i = 0; i < sizeof booleans / sizeof *booleans; i++)
        option("live", booleans[i]);
    option("playlist", "1");
    option("swfVfy", "1");
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        option(texts[i], "value:1");
        option(texts[i], "");
    }
    option("auth", "x");
    option("", "x");
    option("ap", "x");
    option("apps", "x");
    /* The list of options is for people; ours is longer. */
    RTMP_LogSetLevel(RTMP_LOGERROR);
    option("bogus", "1");
    /* Options that the reference does not have. */
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    option("chunk", "4096");
    option("chunk", "0");
    option("tlsVerify", "0");
    option("tlsCaFile", "ca.pem");
    option("bind", "127.0.0.1");
    option("bind", "nowhere");
    return 0;
}
