/* A server for players that sends media as fast as the client takes it, from memory laid out beforehand.
 * Usage: blast send|sendfile rtmp|rtmps|rtmpe|raw MESSAGE CHUNK MEBIBYTES [FLV|- [CERTIFICATE]]
 *   Messages of MESSAGE body bytes, or the tags of an FLV file again and again, in chunks of CHUNK bytes, until
 *   MEBIBYTES have been sent. raw: no protocol, the same bytes, over TLS when there is a certificate.
 *   sendfile: the kernel takes the bytes from where they lie, where there is nothing between them and the socket.
 */
#define _GNU_SOURCE
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM (8 << 20)
#define CHANNEL 6

static uint8_t *block;
static size_t block_len, messages;

static void put24(uint8_t *to, size_t value) {
  to[0] = (uint8_t)(value >> 16);
  to[1] = (uint8_t)(value >> 8);
  to[2] = (uint8_t)value;
}

/* Lays one message out in chunks: a whole header, so that the block can follow itself. */
static void lay_out(int type, const uint8_t *body, size_t size, size_t chunk) {
  uint8_t *at = block + block_len;
  uint8_t head[12] = {CHANNEL, 0, 0, 0, 0, 0, 0, (uint8_t)type, 1};
  put24(head + 1, messages++);
  put24(head + 4, size);
  memcpy(at, head, 12);
  at += 12;
  for (size_t done = 0; done < size;) {
    if (done) *at++ = 0xc0 | CHANNEL;
    size_t n = size - done < chunk ? size - done : chunk;
    memcpy(at, body + done, n);
    at += n;
    done += n;
  }
  block_len = (size_t)(at - block);
}

static size_t laid_out(size_t size, size_t chunk) { return 12 + size + size / chunk + 1; }

static void synthetic(size_t size, size_t chunk) {
  uint8_t *body = malloc(size);
  for (size_t i = 0; i < size; i++) body[i] = (uint8_t)(i * 37 + 11);
  body[0] = 0x27;
  do lay_out(9, body, size, chunk);
  while (block_len + laid_out(size, chunk) < ROOM / 4);
}

static void from_file(const char *path, size_t chunk) {
  static uint8_t file[ROOM];
  FILE *in = fopen(path, "rb");
  if (!in) die(path);
  size_t n = fread(file, 1, sizeof file, in);
  for (size_t at = 13; at + 15 <= n;) {
    size_t size = (size_t)file[at + 1] << 16 | (size_t)file[at + 2] << 8 | file[at + 3];
    if (at + 11 + size > n || block_len + laid_out(size, chunk) > ROOM) break;
    lay_out(file[at], file + at + 11, size, chunk);
    at += 15 + size;
  }
}

static void send_uncopied(struct link *link, size_t total) {
  int file = memfd_create("block", 0);
  if (file < 0 || write(file, block, block_len) != (ssize_t)block_len) die("memfd");
  for (size_t sent = 0; sent < total; sent += block_len)
    for (off_t at = 0; at < (off_t)block_len;)
      if (sendfile(link->fd, file, &at, block_len - (size_t)at) <= 0) exit(0);
}

int main(int argc, char **argv) {
  if (argc < 6) die("usage: blast send|sendfile CARRIER MESSAGE CHUNK MEBIBYTES [FLV|- [CERTIFICATE]]");
  int uncopied = strcmp(argv[1], "sendfile") == 0;
  argv++;
  argc--;
  size_t chunk = strtoul(argv[3], NULL, 10), total = strtoul(argv[4], NULL, 10) << 20;
  int raw = strcmp(argv[1], "raw") == 0;
  block = malloc(2 * ROOM);
  if (argc > 5 && strcmp(argv[5], "-") != 0)
    from_file(argv[5], chunk);
  else
    synthetic(strtoul(argv[2], NULL, 10), chunk);
  struct link link = serve(!raw ? carrier_of(argv[1]) : argc > 6 ? TLS : PLAIN, argc > 6 ? argv[6] : NULL);
  if (!raw) {
    uint8_t message[64], size[4] = {(uint8_t)(chunk >> 24)};
    put24(size + 1, chunk);
    shake_hands(&link);
    converse(&link);
    link_send(&link, message, small_message(message, 2, 1, 0, size, 4));
  }
  if (link.carrier == PLAIN && uncopied)
    send_uncopied(&link, total);
  else
    for (size_t sent = 0; sent < total; sent += block_len) link_send(&link, block, block_len);
  if (!raw) {
    static const char complete[] =
        "\2\0\10onStatus\0\0\0\0\0\0\0\0\0\5\3\0\4code\2\0\27NetStream.Play.Complete\0\0\11";
    uint8_t message[140];
    link_send(&link, message, small_message(message, 3, 20, 1, complete, sizeof complete - 1));
  }
  if (link.ssl)
    SSL_shutdown(link.ssl);
  shutdown(link.fd, SHUT_WR);
  while (read(link.fd, block, ROOM) > 0) {
  }
  return 0;
}
