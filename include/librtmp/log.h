/*
 * log.h: what the library says, how much of it, and where to.
 *
 * Made by `make headers` from src/capi and cbindgen/log.toml; do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef __RTMP_LOG_H__
#define __RTMP_LOG_H__

#include <stdio.h>
#include <stdarg.h>
#include <stdint.h>

/** How much is logged: a line is printed when its level is not above RTMP_debuglevel. */
typedef enum {
  RTMP_LOGCRIT = 0,
  RTMP_LOGERROR = 1,
  RTMP_LOGWARNING = 2,
  RTMP_LOGINFO = 3,
  RTMP_LOGDEBUG = 4,
  RTMP_LOGDEBUG2 = 5,
  RTMP_LOGALL = 6
} RTMP_LogLevel;

/** Takes a log line of a program's own: its level, and a format with its arguments as for vprintf. */
typedef void (RTMP_LogCallback)(int level, const char *fmt, va_list);

#ifdef __cplusplus
extern "C" {
#endif

/** Sets the highest level that is printed. */
void RTMP_LogSetLevel(RTMP_LogLevel level);

/** The highest level that is printed. */
RTMP_LogLevel RTMP_LogGetLevel(void);

/**
 * Logs bytes as hexadecimal numbers, 16 a line.
 *
 * The caller promises:
 * `data` is null or points to `length` readable bytes.
 */
void RTMP_LogHex(int level, const uint8_t *data, unsigned long length);

/**
 * Logs bytes as a dump: offset, hexadecimal numbers, text, 16 bytes a line.
 *
 * The caller promises:
 * `data` is null or points to `length` readable bytes.
 */
void RTMP_LogHexString(int level, const uint8_t *data, unsigned long length);

#ifdef __cplusplus
}
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The level in force; RTMP_LOGERROR at first. */
extern RTMP_LogLevel RTMP_debuglevel;

/* The compiler checks formats against their arguments where it can. */
#ifdef __GNUC__
#define RTMP_PRINTF_FORMAT_(format, first) __attribute__((__format__(__printf__, format, first)))
#else
#define RTMP_PRINTF_FORMAT_(format, first)
#endif

/** Sends every line to `cb` from now on; a null pointer brings the library's own output back. */
void RTMP_LogSetCallback(RTMP_LogCallback *cb);

/** The file that the library's own output goes to; standard error at first. */
void RTMP_LogSetOutput(FILE *file);

/** Prints a line whatever the level is, except at RTMP_LOGCRIT. */
void RTMP_LogPrintf(const char *format, ...) RTMP_PRINTF_FORMAT_(1, 2);

/** As RTMP_LogPrintf, for a line that the next status overwrites: no line feed is expected. */
void RTMP_LogStatus(const char *format, ...) RTMP_PRINTF_FORMAT_(1, 2);

/** Logs a line at a level of RTMP_LogLevel. */
void RTMP_Log(int level, const char *format, ...) RTMP_PRINTF_FORMAT_(2, 3);

#undef RTMP_PRINTF_FORMAT_

#ifdef __cplusplus
}
#endif

#endif /* __RTMP_LOG_H__ */
