/* A server for publishers that throws away what it gets, as fast as it can.
 * Usage: sink rtmp|rtmps|rtmpe|rtmpt|raw [CERTIFICATE]      raw: no protocol, over TLS when there is a certificate
 */
#include "link.h"

#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  static char nowhere[256 * 1024];
  if (argc < 2) die("usage: sink CARRIER [CERTIFICATE]");
  int raw = strcmp(argv[1], "raw") == 0;
  struct link link = serve(!raw ? carrier_of(argv[1]) : argc > 2 ? TLS : PLAIN, argc > 2 ? argv[2] : NULL);
  if (!raw) {
    shake_hands(&link);
    converse(&link);
  }
  if (link.carrier == PLAIN) {
    /* The kernel drops the bytes without copying them. */
    while (recv(link.fd, nowhere, sizeof nowhere, MSG_TRUNC) > 0) {
    }
    return 0;
  }
  link.enciphered = 0;
  for (;;) link_receive(&link, nowhere, sizeof nowhere);
}
