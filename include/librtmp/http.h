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
  /** The URL or the request was refused (4xx). */
  HTTPRES_BAD_REQUEST = 3,
  /** The server failed (5xx), or its answer was not HTTP. */
  HTTPRES_SERVER_ERROR = 4,
  /** The file is elsewhere. */
  HTTPRES_REDIRECTED = 5,
  /** No connection, or it was lost before the file was complete. */
  HTTPRES_LOST_CONNECTION = 6
} HTTPResult;

/**
 * Takes a piece of the file: `size` * `nmemb` bytes at `ptr`, and HTTP_ctx.data as `stream`.
 * Returns the number of bytes taken; another number than was given ends the request.
 */
typedef size_t (HTTP_read_callback)(void *ptr, size_t size, size_t nmemb, void *stream);

/** A request, and what came of it. */
struct HTTP_ctx {
  /** In: the date that a newer file must have, or an empty text; out: the date of the file. The program's memory. */
  char *date;
  /** The length of the file. */
  int size;
  /** The status that the server answered. */
  int status;
  /** Given to the callback. */
  void *data;
};

#endif /* __RTMP_HTTP_H__ */
