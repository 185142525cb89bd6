/* log.h: levels, callback, output file, status lines, and hexadecimal dumps of every length from 0 to 70. */
#include <librtmp/log.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void callback(int level, const char *format, va_list arguments)
{
    char text[512];
    int length = vsnprintf(text, sizeof text, format, arguments);
    printf("callback %d format \"%s\" length %d \"%s\"\n", level, format, length, text);
}

static int depth;

static void recursive(int level, const char *format, va_list arguments)
{
    callback(level, format, arguments);
    if (depth++ == 0)
        RTMP_Log(level, "from within: %d", level);
    depth--;
}

static void everything(int level)
{
    int l;
    RTMP_LogSetLevel(level);
    printf("level %d, get %d, variable %d\n", level, (int)RTMP_LogGetLevel(), (int)RTMP_debuglevel);
    for (l = RTMP_LOGCRIT; l <= RTMP_LOGDEBUG2; l++) {
        RTMP_Log(l, "line %d of %s", l, "text");
        RTMP_Log(l, "line %d with no-name in it", l);
        RTMP_Log(l, "line with its own newline\n");
        RTMP_Log(l, "%s", "");
    }
    RTMP_Log(-1, "below everything");
    RTMP_Log(99, "above everything");
    RTMP_LogPrintf("print %d", level);
    RTMP_LogPrintf(" more no-name\n");
    RTMP_LogPrintf("%s", "");
    RTMP_LogStatus("status %d", level);
    RTMP_LogStatus("\rstatus no-name %d", level + 1);
    RTMP_Log(RTMP_LOGERROR, "an error behind a status");
    RTMP_LogStatus("with newline\n");
    RTMP_LogPrintf("print behind a status\n");
    RTMP_LogStatus("pending");
    RTMP_LogStatus("%s", "");
    RTMP_LogPrintf("\n");
}

static void dumps(void)
{
    unsigned char data[70000];
    unsigned long n;
    for (n = 0; n < sizeof data; n++)
        data[n] = (unsigned char)(n * 7 + 13);
    for (n = 0; n <= 70; n++) {
        printf("%lu\n", n);
        RTMP_LogHex(RTMP_LOGERROR, data + n, n);
        RTMP_LogHexString(RTMP_LOGERROR, data + n, n);
        RTMP_LogHex(RTMP_LOGALL, data, n);
        RTMP_LogHexString(RTMP_LOGALL, data, n);
    }
    RTMP_LogHex(RTMP_LOGERROR, data, 256);
    RTMP_LogHexString(RTMP_LOGERROR, data, sizeof data);
}

/* Whether lines are in the file before anybody flushes it. */
static void flushing(void)
{
    FILE *file = tmpfile();
    RTMP_LogSetOutput(file);
    RTMP_Log(RTMP_LOGERROR, "a line");
    printf("after a line: %ld\n", (long)lseek(fileno(file), 0, SEEK_END));
    RTMP_LogPrintf("text");
    printf("after text: %ld\n", (long)lseek(fileno(file), 0, SEEK_END));
    RTMP_LogPrintf("text with newline\n");
    printf("after a newline: %ld\n", (long)lseek(fileno(file), 0, SEEK_END));
    RTMP_LogStatus("status");
    printf("after a status: %ld\n", (long)lseek(fileno(file), 0, SEEK_END));
    RTMP_LogPrintf("\n");
    RTMP_LogSetOutput(stdout);
    fclose(file);
}

int main(void)
{
    char long_text[6000];
    int level;
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("level at first %d\n", (int)RTMP_LogGetLevel());
    RTMP_LogSetOutput(stdout);
    for (level = RTMP_LOGCRIT; level <= RTMP_LOGALL + 1; level++)
        everything(level);
    /* At RTMP_LOGALL the reference would look beyond its names of the levels. */
    RTMP_LogSetLevel(RTMP_LOGDEBUG2);
    memset(long_text, 'a', sizeof long_text);
    long_text[sizeof long_text - 1] = 0;
    RTMP_Log(RTMP_LOGERROR, "%s", long_text);
    RTMP_LogPrintf("%s\n", long_text);
    RTMP_LogStatus("%s", long_text);
    RTMP_LogPrintf("behind long text\n");
    dumps();
    flushing();

    /* Assigned directly, as old programs do. */
    RTMP_debuglevel = RTMP_LOGWARNING;
    RTMP_Log(RTMP_LOGWARNING, "printed");
    RTMP_Log(RTMP_LOGINFO, "not printed");
    printf("get %d\n", (int)RTMP_LogGetLevel());

    RTMP_LogSetCallback(callback);
    RTMP_Log(RTMP_LOGERROR, "%d %s %.2f %c %lld", 5, "text", 1.5, 'x', 1LL << 40);
    RTMP_Log(RTMP_LOGERROR, "no-name");
    RTMP_Log(RTMP_LOGINFO, "not printed");
    RTMP_Log(-1, "not printed");
    RTMP_LogPrintf("not through the callback\n");
    RTMP_LogStatus("nor this");
    RTMP_Log(RTMP_LOGERROR, "behind a status");
    RTMP_LogPrintf("\n");
    RTMP_LogHex(RTMP_LOGERROR, (const uint8_t *)"0123456789abcdefgh", 18);
    RTMP_LogHexString(RTMP_LOGERROR, (const uint8_t *)"0123456789abcdefgh", 18);
    RTMP_LogHexString(RTMP_LOGERROR, (const uint8_t *)"", 0);
    RTMP_LogSetCallback(recursive);
    RTMP_Log(RTMP_LOGERROR, "outer");
    return 0;
}
