/*
 * HTTP_get: results, status, size, date and body for the answers of a server in this process.
 */
#define _GNU_SOURCE
#include <librtmp/http.h>
#include <librtmp/log.h>
#include "httpd.h"

#define PAGE(path, text) {path, text, sizeof text - 1, NULL}

static size_t body_length;
static unsigned body_sum;

static size_t take(void *ptr, size_t size, size_t nmemb, void *stream) {
  const unsigned char *bytes = ptr;
  for (size_t i = 0; i < size * nmemb; i++)
    body_sum = body_sum * 31 + bytes[i];
  body_length += size * nmemb;
  /* The value is not looked at: *stream is what some programs return. */
  return *(size_t *)stream;
}

static void get(const char *path, const char *since, size_t returned) {
  char date[64] = "", url[256];
  struct HTTP_ctx http = {date, 100, 7, &returned};
  strcpy(date, since);
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", httpd_port, path);
  body_length = body_sum = 0;
  HTTPResult result = HTTP_get(&http, url, take);
  printf("%-12s result %d status %d size %d date [%s] body %zu %08x\n", path, (int)result, http.status, http.size,
         date, body_length, body_sum);
}

int main(void) {
  static const struct httpd_page pages[] = {
    PAGE("/ok", "HTTP/1.1 200 OK\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: 5\r\n\r\nhello"),
    PAGE("/close", "HTTP/1.0 200 OK\r\n\r\nhello"),
    PAGE("/zero", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    PAGE("/206", "HTTP/1.1 206 Partial\r\nContent-Length: 5\r\n\r\nhello"),
    PAGE("/304", "HTTP/1.1 304 Not Modified\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n"),
    PAGE("/400", "HTTP/1.1 400 Bad\r\nContent-Length: 4\r\n\r\nnope"),
    PAGE("/403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"),
    PAGE("/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"),
    PAGE("/500", "HTTP/1.1 500 Error\r\nContent-Length: 4\r\n\r\nnope"),
    PAGE("/garbage", "blah blah\r\n\r\n"),
    PAGE("/nothing", ""),
    PAGE("/cut", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
    PAGE("/302", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 5\r\n\r\nmoved"),
    PAGE("/nowhere", "HTTP/1.1 302 Found\r\nContent-Length: 5\r\n\r\nmoved"),
    PAGE("/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    PAGE("/100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    {NULL, NULL, 0, NULL},
  };
  RTMP_LogSetOutput(fopen("/dev/null", "w"));
  httpd_start(pages);
  for (const struct httpd_page *page = pages; page->path; page++)
    get(page->path, "", 5);
  httpd_log[0] = 0;
  get("/ok", "Tue, 20 Oct 2015 07:28:00 GMT", 5);
  get("/close", "an old date", 0);
  get("/304", "an old date", 5);

  char date[64] = "";
  size_t returned = 5;
  struct HTTP_ctx http = {date, 0, 7, &returned};
  HTTPResult result = HTTP_get(&http, "ftp://127.0.0.1/", take);
  printf("ftp: result %d status %d\n", (int)result, http.status);
  result = HTTP_get(&http, "nonsense", take);
  printf("nonsense: result %d status %d\n", (int)result, http.status);
  result = HTTP_get(&http, "http://127.0.0.1:1/", take);
  printf("nobody: result %d status %d\n", (int)result, http.status);
  httpd_print_requests();
  return 0;
}
