/*
 * RTMP_HashSWF: results, the cache file byte for byte (its dates of today aside), and what the server is asked.
 */
#define _GNU_SOURCE
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include "httpd.h"
#include <sys/stat.h>

#define DATE "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n"
#define FWS "FWS\x09\x0d\0\0\0hello"
/* zlib's compression of "hello", by Python's zlib.compress */
#define CWS "CWS\x09\x0d\0\0\0\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15"
#define PAGE(path, text, since) {path, text, sizeof text - 1, since}

static char cache[512];

static void print_cache(void) {
  char line[1024];
  FILE *file = fopen(cache, "r");
  if (!file) {
    printf("no cache\n");
    return;
  }
  while (fgets(line, sizeof line, file)) {
    if (!strncmp(line, "ctim: ", 6) && strstr(line, " GMT\n") && !strstr(line, "2001"))
      printf("ctim: (today)\n");
    else
      httpd_print(line);
  }
  fclose(file);
}

static void hash(const char *path, int age) {
  char url[256];
  unsigned size = 0;
  unsigned char bytes[RTMP_SWF_HASHLEN] = {0};
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", httpd_port, path);
  int result = RTMP_HashSWF(url, &size, bytes, age);
  printf("%s age %d: %d size %u ", path, age, result, size);
  for (int i = 0; i < RTMP_SWF_HASHLEN; i++)
    printf("%02x", bytes[i]);
  printf("\n");
}

static void set_up(const char *path) {
  static RTMP r;
  char url[256];
  snprintf(url, sizeof url, "rtmp://h/app/path swfVfy=1 swfUrl=http://127.0.0.1:%d%s", httpd_port, path);
  RTMP_Init(&r);
  int result = RTMP_SetupURL(&r, url);
  printf("set up %s: %d size %u last byte %02x\n", path, result, r.Link.SWFSize,
         (unsigned char)r.Link.SWFHash[RTMP_SWF_HASHLEN - 1]);
  RTMP_Close(&r);
}

/* Writes a cache with one entry for a path, last checked at a date. */
static void plant(const char *path, const char *checked) {
  FILE *file = fopen(cache, "w");
  fprintf(file, "url: http://127.0.0.1:%d%s\nctim: %s\ndate: some date\nsize: 00001234\nhash: ", httpd_port, path,
          checked);
  for (int i = 0; i < RTMP_SWF_HASHLEN; i++)
    fprintf(file, "%02x", i);
  fprintf(file, "\nurl: http://other/\nctim: Mon, 01 Jan 2001 00:00:00 GMT\ndate: \nsize: 00000001\nhash: ");
  for (int i = 0; i < RTMP_SWF_HASHLEN; i++)
    fprintf(file, "ff");
  fprintf(file, "\n");
  fclose(file);
}

int main(void) {
  static const struct httpd_page pages[] = {
    PAGE("/fws", "HTTP/1.0 200 OK\r\n" DATE "Content-Length: 13\r\n\r\n" FWS, NULL),
    PAGE("/cws", "HTTP/1.0 200 OK\r\n" DATE "Content-Length: 21\r\n\r\n" CWS, NULL),
    PAGE("/undated", "HTTP/1.0 200 OK\r\nContent-Length: 13\r\n\r\n" FWS, NULL),
    PAGE("/q?a=b", "HTTP/1.0 200 OK\r\n" DATE "Content-Length: 13\r\n\r\n" FWS, NULL),
    PAGE("/known", "HTTP/1.0 200 OK\r\nContent-Length: 13\r\n\r\n" FWS, "HTTP/1.0 304 Not Modified\r\n\r\n"),
    PAGE("/moved", "HTTP/1.0 302 Found\r\nContent-Length: 0\r\n\r\n", NULL),
    PAGE("/nothing", "", NULL),
    {NULL, NULL, 0, NULL},
  };
  char home[400];
  const char *place = getenv("TMPDIR");
  snprintf(home, sizeof home, "%s/swf-home-XXXXXX", place ? place : P_tmpdir);
  if (!mkdtemp(home))
    return 2;
  setenv("HOME", home, 1);
  snprintf(cache, sizeof cache, "%s/.swfinfo", home);
  RTMP_LogSetOutput(fopen("/dev/null", "w"));
  httpd_start(pages);

  hash("/moved", 0);
  hash("/nothing", 0);
  print_cache();
  hash("/fws", 0);
  hash("/cws", 30);
  hash("/undated", 30);
  hash("/q?a=b", 30);
  print_cache();
  hash("/fws", 30);
  hash("/q?other", 30);
  hash("/fws", 0);

  plant("/known", "Mon, 01 Jan 2001 00:00:00 GMT");
  hash("/known", 30);
  print_cache();
  plant("/fws", "Mon, 01 Jan 2001 00:00:00 GMT");
  hash("/fws", 30);
  print_cache();

  plant("/moved", "Mon, 01 Jan 2001 00:00:00 GMT");
  hash("/moved", 30);
  plant("/nothing", "Mon, 01 Jan 2001 00:00:00 GMT");
  hash("/nothing", 30);
  set_up("/nothing");
  set_up("/moved");
  print_cache();
  httpd_print_requests();
  remove(cache);
  rmdir(home);
  return 0;
}
