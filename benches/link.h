/* What the benchmark's peers are made of: a listening socket with a process per connection, and a byte stream over
 * plain TCP, TLS, RC4 (RTMPE) or HTTP posts (RTMPT), each with just as much of the protocol as a client needs to get to
 * its media. No RTMP library is used. A failure ends the process: a peer that is not right must not be measured against.
 */
#ifndef LINK_H
#define LINK_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

/* How the bytes travel. */
enum carrier { PLAIN, TLS, RTMPE, RTMPT };

struct rc4 {
  uint8_t s[256], i, j;
};

struct link {
  int fd;
  enum carrier carrier;
  SSL *ssl;
  struct rc4 in, out;
  int enciphered;
  /* RTMPT: bytes received and not yet parsed, what is left of the post's body, and the answer that is due. */
  uint8_t *http;
  size_t http_len, body_left;
  uint8_t *answer;
  size_t answer_len;
  int answer_due;
};

/* Listens on a free port of 127.0.0.1, prints the port, and returns in a new process for each connection. */
struct link serve(enum carrier carrier, const char *cert);

/* The carrier of this name ("rtmp", "rtmps", "rtmpe", "rtmpt"). */
enum carrier carrier_of(const char *name);

/* Receives at least one byte; ends the process at the end of the stream. */
size_t link_receive(struct link *link, void *to, size_t size);
void link_receive_all(struct link *link, void *to, size_t size);
void link_send(struct link *link, const void *from, size_t size);

/* Shakes hands as the server. */
void shake_hands(struct link *link);

/* Answers commands until the client publishes or plays, the last answer included. */
void converse(struct link *link);

/* Prints what went wrong and ends the process. */
void die(const char *what);

/* A protocol message in one chunk, of at most 128 bytes, into `to`; its length. */
size_t small_message(uint8_t *to, int channel, int type, int stream, const void *body, size_t size);
#endif
