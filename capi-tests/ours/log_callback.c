/* A log callback may use the library: what that would have to say is not logged, so that no callback is called for ever. */
#include "ours.h"

static RTMP r;
static int lines, deepest, depth;

/* Without a host name this fails with a line. */
static int fails(void)
{
    return !RTMP_Connect(&r, NULL);
}

static void log_and_fail(int level, const char *format, va_list list)
{
    (void)level, (void)format, (void)list;
    lines++;
    depth++;
    if (depth > deepest) deepest = depth;
    if (depth < 10) fails();
    depth--;
}

int main(void)
{
    RTMP_Init(&r);
    RTMP_LogSetLevel(RTMP_LOGERROR);
    RTMP_LogSetCallback(log_and_fail);
    check(fails() && lines == 1 && deepest == 1, "one line, and none of the callback's own making");
    check(fails() && lines == 2 && deepest == 1, "the next line is logged again");
    RTMP_LogSetCallback(NULL);
    RTMP_Close(&r);
    return 0;
}
