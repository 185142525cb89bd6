/*
 * A server for one process: answers GETs on loopback, one connection each, and remembers the requests.
 * Include it once, in the program's only source file.
 */
#ifndef HTTPD_H
#define HTTPD_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct httpd_page {
  const char *path;
  const char *answer;
  size_t length; /* 0: the answer is a text */
  const char *answer_if_since; /* for a request with If-Modified-Since; NULL for the same answer */
};

static int httpd_port, httpd_listener;
static const struct httpd_page *httpd_pages;
static char httpd_log[65536];

static void httpd_answer(int fd) {
  char head[4096] = "", path[256] = "";
  size_t n = 0;
  while (n < sizeof head - 1 && !strstr(head, "\r\n\r\n")) {
    ssize_t got = read(fd, head + n, sizeof head - 1 - n);
    if (got <= 0)
      return;
    n += (size_t)got;
    head[n] = 0;
  }
  strncat(httpd_log, head, sizeof httpd_log - strlen(httpd_log) - 1);
  sscanf(head, "GET %255s", path);
  for (const struct httpd_page *page = httpd_pages; page->path; page++)
    if (!strcmp(page->path, path)) {
      int since = page->answer_if_since && strstr(head, "If-Modified-Since");
      const char *answer = since ? page->answer_if_since : page->answer;
      size_t length = since || !page->length ? strlen(answer) : page->length;
      if (write(fd, answer, length) < 0)
        return;
    }
}

static void *httpd_run(void *unused) {
  (void)unused;
  for (;;) {
    int fd = accept(httpd_listener, NULL, NULL);
    if (fd < 0)
      return NULL;
    httpd_answer(fd);
    shutdown(fd, SHUT_WR);
    close(fd);
  }
}

static void httpd_start(const struct httpd_page *pages) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  pthread_t thread;
  signal(SIGPIPE, SIG_IGN);
  httpd_pages = pages;
  httpd_listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(httpd_listener, (struct sockaddr *)&address, length) || listen(httpd_listener, 16) ||
      getsockname(httpd_listener, (struct sockaddr *)&address, &length) ||
      pthread_create(&thread, NULL, httpd_run, NULL)) {
    perror("the test's HTTP server");
    exit(2);
  }
  httpd_port = ntohs(address.sin_port);
}

/* Prints a text with the server's port as PORT, so that runs compare. */
static void httpd_print(const char *text) {
  char port[16];
  int n = snprintf(port, sizeof port, "%d", httpd_port);
  for (; *text; text++)
    if (!strncmp(text, port, (size_t)n)) {
      fputs("PORT", stdout);
      text += n - 1;
    } else if (*text != '\r')
      putchar(*text);
}

/* Prints the requests so far. The server is idle then: every answer has been read to its end. */
static void httpd_print_requests(void) {
  httpd_print(httpd_log);
}

#endif
