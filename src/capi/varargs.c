/* The three variadic log functions, which stable Rust cannot define. The Rust functions that they call (capi/log.rs)
 * are hidden, so that the library exports nothing of its own making. A va_list passes as one pointer by the calling
 * conventions of every platform where librtmp.so.1 exists, so Rust takes it as an opaque pointer. */
#include <stdarg.h>

#define EXPORTED __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN void rtmp_log_line(int level, const char *format, va_list arguments);
HIDDEN void rtmp_log_printf(const char *format, va_list arguments);
HIDDEN void rtmp_log_status(const char *format, va_list arguments);

EXPORTED void RTMP_Log(int level, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));
EXPORTED void RTMP_LogPrintf(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
EXPORTED void RTMP_LogStatus(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

void RTMP_Log(int level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rtmp_log_line(level, format, arguments);
    va_end(arguments);
}

void RTMP_LogPrintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rtmp_log_printf(format, arguments);
    va_end(arguments);
}

void RTMP_LogStatus(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rtmp_log_status(format, arguments);
    va_end(arguments);
}
