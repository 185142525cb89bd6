/* See link.h. */
#define _GNU_SOURCE
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/bn.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK 1536
#define HTTP_BUFFER (1 << 20)

void die(const char *what) {
  fprintf(stderr, "peer: %s (%s)\n", what, strerror(errno));
  exit(1);
}

enum carrier carrier_of(const char *name) {
  static const char *names[] = {"rtmp", "rtmps", "rtmpe", "rtmpt"};
  for (int i = 0; i < 4; i++)
    if (strcmp(name, names[i]) == 0) return (enum carrier)i;
  die("unknown carrier");
  return PLAIN;
}

struct link serve(enum carrier carrier, const char *cert) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGCHLD, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX *ctx = NULL;
  if (carrier == TLS) {
    ctx = SSL_CTX_new(TLS_server_method());
    /* The reference takes a session ticket for the end of the stream. */
    SSL_CTX_set_num_tickets(ctx, 0);
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, cert, SSL_FILETYPE_PEM) != 1)
      die("certificate");
    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 1024) ||
      getsockname(listener, (struct sockaddr *)&address, &len))
    die("listen");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(listener);
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      struct link link = {.fd = fd, .carrier = carrier};
      if (carrier == TLS) {
        link.ssl = SSL_new(ctx);
        SSL_set_fd(link.ssl, fd);
        if (SSL_accept(link.ssl) != 1) die("TLS handshake");
      }
      if (carrier == RTMPT) {
        link.http = malloc(HTTP_BUFFER);
        link.answer = malloc(HTTP_BUFFER);
      }
      return link;
    }
    close(fd);
  }
}

/* ---- RC4 ---- */

static void rc4_key(struct rc4 *c, const uint8_t *key, size_t n) {
  for (int i = 0; i < 256; i++) c->s[i] = (uint8_t)i;
  c->i = c->j = 0;
  uint8_t j = 0;
  for (int i = 0; i < 256; i++) {
    j += c->s[i] + key[i % n];
    uint8_t t = c->s[i];
    c->s[i] = c->s[j];
    c->s[j] = t;
  }
}

static void rc4(struct rc4 *c, uint8_t *bytes, size_t n) {
  uint8_t i = c->i, j = c->j;
  for (size_t k = 0; k < n; k++) {
    uint8_t a = c->s[++i];
    j += a;
    uint8_t b = c->s[j];
    c->s[i] = b;
    c->s[j] = a;
    bytes[k] ^= c->s[(uint8_t)(a + b)];
  }
  c->i = i;
  c->j = j;
}

/* ---- bytes ---- */

static size_t raw_receive(struct link *link, void *to, size_t size) {
  ssize_t n = link->ssl ? SSL_read(link->ssl, to, (int)size) : recv(link->fd, to, size, 0);
  if (n <= 0) exit(0);
  return (size_t)n;
}

static void raw_send(struct link *link, const void *from, size_t size) {
  const uint8_t *at = from;
  while (size > 0) {
    ssize_t n = link->ssl ? SSL_write(link->ssl, at, size > 1 << 20 ? 1 << 20 : (int)size)
                          : send(link->fd, at, size, MSG_NOSIGNAL);
    if (n <= 0) exit(0);
    at += n;
    size -= (size_t)n;
  }
}

static void http_answer(struct link *link, const void *body, size_t size) {
  static uint8_t text[HTTP_BUFFER + 256];
  int head = sprintf((char *)text,
                     "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: Keep-Alive\r\n"
                     "Content-Type: application/x-fcs\r\nContent-Length: %zu\r\n\r\n",
                     size);
  memcpy(text + head, body, size);
  raw_send(link, text, (size_t)head + size);
}

static void http_more(struct link *link) {
  if (link->http_len == HTTP_BUFFER) die("HTTP head too long");
  link->http_len += raw_receive(link, link->http + link->http_len, HTTP_BUFFER - link->http_len);
}

static void http_consume(struct link *link, size_t n) {
  link->http_len -= n;
  memmove(link->http, link->http + n, link->http_len);
}

/* The head of the next post; its body is then `body_left` bytes. */
static void http_head(struct link *link) {
  char *end;
  while ((end = memmem(link->http, link->http_len, "\r\n\r\n", 4)) == NULL) http_more(link);
  *end = 0;
  char *length = strcasestr((char *)link->http, "content-length:");
  if (!length) die("post without a length");
  link->body_left = strtoul(length + 15, NULL, 10);
  char command = link->http[6];
  http_consume(link, (size_t)(end + 4 - (char *)link->http));
  if (command == 's') {
    link->answer_due = 1;
    return;
  }
  while (link->http_len < link->body_left) http_more(link);
  http_consume(link, link->body_left);
  link->body_left = 0;
  if (command == 'o')
    http_answer(link, "benchmark\n", 10);
  else
    link->answer_due = 1;
}

static size_t http_receive(struct link *link, void *to, size_t size) {
  for (;;) {
    if (link->body_left == 0) {
      if (link->answer_due) {
        uint8_t *body = link->answer;
        memmove(body + 1, body, link->answer_len);
        body[0] = 1;
        http_answer(link, body, link->answer_len + 1);
        link->answer_len = 0;
        link->answer_due = 0;
      }
      http_head(link);
      continue;
    }
    if (link->http_len == 0) {
      size_t want = link->body_left < size ? link->body_left : size;
      size_t n = raw_receive(link, to, want);
      link->body_left -= n;
      return n;
    }
    size_t n = link->body_left < link->http_len ? link->body_left : link->http_len;
    if (n > size) n = size;
    memcpy(to, link->http, n);
    http_consume(link, n);
    link->body_left -= n;
    return n;
  }
}

size_t link_receive(struct link *link, void *to, size_t size) {
  size_t n = link->carrier == RTMPT ? http_receive(link, to, size) : raw_receive(link, to, size);
  if (link->enciphered) rc4(&link->in, to, n);
  return n;
}

void link_receive_all(struct link *link, void *to, size_t size) {
  for (size_t n = 0; n < size;) n += link_receive(link, (uint8_t *)to + n, size - n);
}

void link_send(struct link *link, const void *from, size_t size) {
  if (link->carrier == RTMPT) {
    memcpy(link->answer + link->answer_len, from, size);
    link->answer_len += size;
  } else if (link->enciphered) {
    uint8_t *copy = malloc(size);
    memcpy(copy, from, size);
    rc4(&link->out, copy, size);
    raw_send(link, copy, size);
    free(copy);
  } else {
    raw_send(link, from, size);
  }
}

/* ---- handshake ---- */

static const uint8_t CRUD[32] = "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57"
                                "\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";

static void hmac(const void *key, size_t key_len, const void *data, size_t n, uint8_t digest[32]) {
  unsigned int len = 32;
  HMAC(EVP_sha256(), key, (int)key_len, data, n, digest, &len);
}

static size_t sum4(const uint8_t *at) { return (size_t)at[0] + at[1] + at[2] + at[3]; }

/* The digest of a block at an offset. */
static void block_digest(const uint8_t *block, size_t at, const char *key, size_t key_len, uint8_t digest[32]) {
  uint8_t rest[BLOCK - 32];
  memcpy(rest, block, at);
  memcpy(rest + at, block + at + 32, BLOCK - 32 - at);
  hmac(key, key_len, rest, sizeof rest, digest);
}

/* RTMPE, handshake type 6, in layout 1, with which clients begin. */
static void shake_hands_enciphered(struct link *link) {
  uint8_t c0c1[1 + BLOCK], answer[1 + 2 * BLOCK], c2[BLOCK], *c1 = c0c1 + 1;
  link_receive_all(link, c0c1, sizeof c0c1);
  size_t digest_at = sum4(c1 + 772) % 728 + 776, key_at = sum4(c1 + 768) % 632 + 8;
  uint8_t digest[32], key[32];
  block_digest(c1, digest_at, "Genuine Adobe Flash Player 001", 30, digest);
  if (memcmp(digest, c1 + digest_at, 32) != 0) die("the client's digest is wrong");

  BN_CTX *ctx = BN_CTX_new();
  BIGNUM *p = BN_get_rfc2409_prime_1024(NULL), *g = BN_new(), *own = BN_new(), *x = BN_new(), *shared = BN_new();
  BN_set_word(g, 2);
  BN_rand(x, 1000, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
  BN_mod_exp(own, g, x, p, ctx);
  BIGNUM *peer = BN_bin2bn(c1 + key_at, 128, NULL);
  BN_mod_exp(shared, peer, x, p, ctx);
  uint8_t secret[128], public[128], mac[32];
  BN_bn2binpad(shared, secret, 128);
  BN_bn2binpad(own, public, 128);

  uint8_t *s1 = answer + 1, *s2 = answer + 1 + BLOCK;
  answer[0] = 6;
  RAND_bytes(s1, 2 * BLOCK);
  memcpy(s1, "\0\0\0\0\3\5\1\1", 8);
  memcpy(s1 + sum4(s1 + 768) % 632 + 8, public, 128);
  size_t at = sum4(s1 + 772) % 728 + 776;
  block_digest(s1, at, "Genuine Adobe Flash Media Server 001", 36, s1 + at);
  uint8_t fms[68];
  memcpy(fms, "Genuine Adobe Flash Media Server 001", 36);
  memcpy(fms + 36, CRUD, 32);
  hmac(fms, sizeof fms, c1 + digest_at, 32, key);
  hmac(key, 32, s2, BLOCK - 32, s2 + BLOCK - 32);
  link_send(link, answer, sizeof answer);
  link_receive_all(link, c2, sizeof c2);

  hmac(secret, 128, c1 + key_at, 128, mac);
  rc4_key(&link->out, mac, 16);
  hmac(secret, 128, public, 128, mac);
  rc4_key(&link->in, mac, 16);
  uint8_t skipped[BLOCK];
  rc4(&link->in, skipped, BLOCK);
  rc4(&link->out, skipped, BLOCK);
  link->enciphered = 1;
}

void shake_hands(struct link *link) {
  if (link->carrier == RTMPE) {
    shake_hands_enciphered(link);
    return;
  }
  uint8_t c0c1[1 + BLOCK], answer[1 + 2 * BLOCK] = {3}, c2[BLOCK];
  link_receive_all(link, c0c1, sizeof c0c1);
  memcpy(answer + 1 + BLOCK, c0c1 + 1, BLOCK);
  link_send(link, answer, sizeof answer);
  link_receive_all(link, c2, sizeof c2);
}

/* ---- commands ---- */

size_t small_message(uint8_t *to, int channel, int type, int stream, const void *body, size_t size) {
  const uint8_t head[12] = {(uint8_t)channel, 0, 0, 0, 0, 0, (uint8_t)size, (uint8_t)type, (uint8_t)stream, 0, 0, 0};
  if (size > 128) die("message too long for one chunk");
  memcpy(to, head, 12);
  memcpy(to + 12, body, size);
  return 12 + size;
}

static size_t put_text(uint8_t *to, const char *text) {
  size_t n = strlen(text);
  to[0] = (uint8_t)(n >> 8);
  to[1] = (uint8_t)n;
  memcpy(to + 2, text, n);
  return n + 2;
}

static size_t put_string(uint8_t *to, const char *text) {
  to[0] = 2;
  return 1 + put_text(to + 1, text);
}

static size_t put_number(uint8_t *to, double number) {
  uint64_t bits;
  memcpy(&bits, &number, 8);
  to[0] = 0;
  for (int i = 0; i < 8; i++) to[1 + i] = (uint8_t)(bits >> (56 - 8 * i));
  return 9;
}

/* name, transaction, null, and {level: "status", code: "..."} or the number of the stream. */
static void answer(struct link *link, const char *name, const uint8_t *transaction, const char *code, int stream) {
  uint8_t body[128], message[140];
  size_t n = put_string(body, name);
  memcpy(body + n, transaction, 9);
  n += 9;
  body[n++] = 5;
  if (code) {
    body[n++] = 3;
    n += put_text(body + n, "level");
    n += put_string(body + n, "status");
    n += put_text(body + n, "code");
    n += put_string(body + n, code);
    memcpy(body + n, "\0\0\x09", 3);
    n += 3;
  } else {
    n += put_number(body + n, 1);
  }
  link_send(link, message, small_message(message, 3, 20, stream, body, n));
}

/* The transaction behind a command's name, when the command is in the bytes and whole. */
static const uint8_t *find(const uint8_t *bytes, size_t n, const char *name) {
  uint8_t pattern[32];
  size_t len = put_string(pattern, name);
  const uint8_t *at = memmem(bytes, n, pattern, len);
  return at && at + len + 9 <= bytes + n ? at + len : NULL;
}

void converse(struct link *link) {
  static uint8_t bytes[256 * 1024];
  size_t n = 0;
  int connected = 0, created = 0;
  for (;;) {
    if (n == sizeof bytes) die("the client does not get to its media");
    n += link_receive(link, bytes + n, sizeof bytes - n);
    const uint8_t *transaction;
    if (!connected && (transaction = find(bytes, n, "connect"))) {
      uint8_t window[16];
      link_send(link, window, small_message(window, 2, 5, 0, "\x00\x26\x25\xa0", 4));
      answer(link, "_result", transaction, "NetConnection.Connect.Success", 0);
      connected = 1;
    }
    if (!created && (transaction = find(bytes, n, "createStream"))) {
      answer(link, "_result", transaction, NULL, 0);
      created = 1;
    }
    const uint8_t nothing[9] = {0};
    if (find(bytes, n, "publish")) {
      answer(link, "onStatus", nothing, "NetStream.Publish.Start", 1);
      return;
    }
    if (find(bytes, n, "play")) {
      answer(link, "onStatus", nothing, "NetStream.Play.Start", 1);
      return;
    }
  }
}
