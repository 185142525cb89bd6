/* The physical limit: the same bytes over the same sockets with no protocol at all.
 * Usage: bare send PORT MEBIBYTES MESSAGE CHUNK EACH    a gathered write for EACH messages: their headers and chunks
 *        bare receive PORT MEBIBYTES                      receives of up to 64 KiB
 *        bare tls-send PORT MEBIBYTES MESSAGE CHUNK EACH  the same bytes with SSL_write, EACH messages a call
 *        bare tls-receive PORT MEBIBYTES                  SSL_read of up to 64 KiB
 * MEBIBYTES are body bytes, as for job. Prints: NANOSECONDS BYTES CALLS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

/* Slices shorter than this cost the kernel more than a copy, so that they are laid out beforehand in one piece. */
#define GATHERED 512
#define MOST_SLICES 1024
/* The header of a message that follows another of its kind. */
#define HEADER 8

static void die(const char *what) {
  perror(what);
  exit(1);
}

static long long processor_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int connect_to(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) die("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

static void send_all(int fd, struct iovec *slices, size_t count, size_t size) {
  struct msghdr message = {.msg_iov = slices, .msg_iovlen = count};
  ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
  if (n != (ssize_t)size) die("sendmsg: short, or");
}

static void send_messages(int fd, unsigned long long total, size_t size, size_t chunk, size_t each) {
  static struct iovec slices[MOST_SLICES];
  static char headers[HEADER];
  size_t parts = (size + chunk - 1) / chunk, whole = (HEADER + size + parts - 1) * each, count = 0;
  char *body = calloc(1, whole);
  if (chunk < GATHERED || size < GATHERED) {
    slices[count++] = (struct iovec){body, whole};
  } else {
    for (size_t message = 0; message < each; message++) {
      slices[count++] = (struct iovec){headers, HEADER};
      for (size_t done = 0; done < size; done += chunk) {
        if (done) slices[count++] = (struct iovec){headers, 1};
        slices[count++] = (struct iovec){body + done, size - done < chunk ? size - done : chunk};
      }
    }
  }
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  long long begun = processor_ns();
  for (; bytes < total; bytes += size * each, calls++) send_all(fd, slices, count, whole);
  printf("%lld %llu %lu\n", processor_ns() - begun, bytes, calls);
}

static void receive(int fd, unsigned long long total) {
  static char buffer[64 * 1024];
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  long long begun = processor_ns();
  for (; bytes < total; calls++) {
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) die("recv");
    bytes += (size_t)n;
  }
  printf("%lld %llu %lu\n", processor_ns() - begun, bytes, calls);
}

static SSL *tls(int fd) {
  SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
  if (!SSL_set_fd(ssl, fd) || SSL_connect(ssl) != 1) die("TLS handshake");
  return ssl;
}

static void tls_send_messages(SSL *ssl, unsigned long long total, size_t size, size_t chunk, size_t each) {
  size_t whole = (HEADER + size + (size + chunk - 1) / chunk - 1) * each;
  char *body = calloc(1, whole);
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  long long begun = processor_ns();
  for (; bytes < total; bytes += size * each, calls++)
    if (SSL_write(ssl, body, (int)whole) <= 0) die("SSL_write");
  printf("%lld %llu %lu\n", processor_ns() - begun, bytes, calls);
}

static void tls_receive(SSL *ssl, unsigned long long total) {
  static char buffer[64 * 1024];
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  long long begun = processor_ns();
  for (; bytes < total; calls++) {
    int n = SSL_read(ssl, buffer, sizeof buffer);
    if (n <= 0) die("SSL_read");
    bytes += (size_t)n;
  }
  printf("%lld %llu %lu\n", processor_ns() - begun, bytes, calls);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fputs("usage: see the first lines of bare.c\n", stderr);
    return 2;
  }
  int fd = connect_to(atoi(argv[2]));
  unsigned long long total = strtoull(argv[3], NULL, 10) << 20;
  const char *job = argv[1];
  if (strstr(job, "send") && argc > 6) {
    size_t size = strtoul(argv[4], NULL, 10), chunk = strtoul(argv[5], NULL, 10), each = strtoul(argv[6], NULL, 10);
    if (strcmp(job, "tls-send") == 0)
      tls_send_messages(tls(fd), total, size, chunk, each);
    else
      send_messages(fd, total, size, chunk, each);
  } else if (strcmp(job, "tls-receive") == 0) {
    tls_receive(tls(fd), total);
  } else {
    receive(fd, total);
  }
  return 0;
}
