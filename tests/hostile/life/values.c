/* Objects of any depth, calls without number, and texts that nothing ends. */
#define _GNU_SOURCE
#include "scenes.h"
#include <librtmp/amf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* An object as deep as a program cares to build it is freed without recursion. */
void scene_deep(void) {
    enum { DEPTH = 1000000 };
    AMFObject inner = {0, NULL};
    for (int i = 0; i < DEPTH; i++) {
        AMFObject outer = {0, NULL};
        AMFObjectProperty property;
        memset(&property, 0, sizeof property);
        property.p_type = AMF_OBJECT;
        property.p_vu.p_object = inner;
        AMF_AddProp(&outer, &property);
        inner = outer;
    }
    AMF_Reset(&inner);
    printf("left %d properties\n", inner.o_num);
}

/* Calls that nobody answers. */
void scene_calls(void) {
    RTMP *rtmp = fresh();
    int sent = 0;
    printf("begin %d\n", begin(rtmp));
    for (int i = 0; i < 5000; i++) sent += RTMP_SendCreateStream(rtmp);
    printf("sent %d, pending at most 1024: %d\n", sent, rtmp->m_numCalls <= 1024 && rtmp->m_numCalls > 1000);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

/* A text without a NUL behind it, at the very end of what may be read. */
static AVal fenced(const char *text) {
    long page = sysconf(_SC_PAGESIZE);
    int length = (int)strlen(text);
    char *memory = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    AVal value = {memory + page - length, length};
    mprotect(memory + page, (size_t)page, PROT_NONE);
    memcpy(value.av_val, text, (size_t)length);
    return value;
}

/* Texts have lengths, so nothing behind them is read. */
void scene_fences(void) {
    static const char *const names[] = {"socks", "app",   "tcUrl", "pageUrl",   "swfUrl", "flashver", "conn",   "playpath",
                                        "live",  "start", "stop",  "subscribe", "jtv",    "token",    "swfVfy", "swfAge",
                                        "buffer", "timeout", "pubUser", "pubPasswd", "chunk", "tlsVerify", "bind", "nothing"};
    static const char *const values[] = {"",      "1",    "0x7",     "-5",      "true",        "\\2",         "\\",
                                         "O:1",   "NO:a", "NN:a:1",  "N:1.5",   "socks5://a",  "http://a:b@c", "[::1]:9",
                                         "a/b?c", "%2",   "slist=a", "mp4:x.f4v", "99999999999", "NS::",        "x.mp3"};
    int calls = 0;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++, calls++) {
            RTMP *rtmp = fresh();
            AVal name = fenced(names[n]), value = fenced(values[v]), playpath = {NULL, 0};
            RTMP_SetOpt(rtmp, &name, &value);
            RTMP_ParsePlaypath(&value, &playpath);
            free(playpath.av_val);
            RTMP_SetupStream(rtmp, RTMP_PROTOCOL_RTMP, &value, 1935, &value, &value, &value, &value, &value, &value, &value,
                             NULL, 0, &value, &value, &value, 0, 0, 0, 5);
            AMF_Reset(&rtmp->Link.extras);
            RTMP_Free(rtmp);
        }
    }
    printf("%d calls\n", calls);
}
