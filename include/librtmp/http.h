/*
 * http.h: fetching a file by HTTP, as SWF verification needs it.
 *
 * Made by `make headers` from src/capi and cbindgen/http.toml; do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef __RTMP_HTTP_H__
#define __RTMP_HTTP_H__

#include <stddef.h>

/** How a request ended. */
typedef enum {
  /** The file was delivered. */
  HTTPRES_OK = 0,
  /** The file has not changed since HTTP_ctx.date. */
  HTTPRES_OK_NOT_MODIFIED = 1,
  /** The server has no such file. */
  HTTPRES_NOT_FOUND = 2,
  /** The URL cannot be asked for, the request was refused (4xx), or the answer was not HTTP. */
  HTTPRES_BAD_REQUEST = 3,
  /** The server failed (5xx). */
  HTTPRES_SERVER_ERROR = 4,
  /** The file is elsewhere, and the redirect was not followed. */
  HTTPRES_REDIRECTED = 5,
  /** No connection, or it was lost before the file was complete. */
  HTTPRES_LOST_CONNECTION = 6
} HTTPResult;

/**
 * Takes a piece of the file: `size` * `nmemb` bytes at `ptr`, and HTTP_ctx.data as `stream`.
 * What it returns is not looked at.
 */
typedef size_t (HTTP_read_callback)(void *ptr, size_t size, size_t nmemb, void *stream);

/** A request, and what came of it. */
struct HTTP_ctx {
  /**
   * Room for 64 bytes, or null. In: the file is fetched only when it is newer than this HTTP date; empty: in any case.
   * Out: the file's own date.
   */
  char *date;
  /** The bytes of the file are added to it. */
  int size;
  /** The status code that the server answered; -1 when none did. */
  int status;
  /** Given to the callback. */
  void *data;
};

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Fetches a file by http or https, following at most 5 redirects, and hands it to `cb` piece by piece, the body of an
 * error page too.
 *
 * `http->date`, unless it is empty or a null pointer, asks for a newer file only, and becomes the file's own date when
 * that has fewer than 64 bytes. `http->status` becomes the status code, or -1 when no server answered; the number of
 * bytes is added to `http->size`. The callback may use the context.
 */
HTTPResult HTTP_get(struct HTTP_ctx *http, const char *url, HTTP_read_callback *cb);

#ifdef __cplusplus
}
#endif
#endif /* __RTMP_HTTP_H__ */
