/* A certificate and its key, for programs that serve TLS themselves. */
#ifndef TLS_H
#define TLS_H

#include "ours.h"

extern void *RTMP_TLS_AllocServerContext(const char *cert, const char *key);
extern void RTMP_TLS_FreeServerContext(void *ctx);
extern int RTMP_TLS_Accept(RTMP *r, void *ctx);

static char tls_directory[512];

/* Goes to a new directory with key.pem and cert.pem, for localhost. */
static inline void tls_begin(void)
{
    const char *place = getenv("TMPDIR");
    snprintf(tls_directory, sizeof tls_directory, "%s/ours-tls-XXXXXX", place ? place : P_tmpdir);
    if (!mkdtemp(tls_directory) || chdir(tls_directory)) die("mkdtemp");
    if (system("exec 2>openssl.err; openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 "
               "-subj /CN=localhost -addext subjectAltName=DNS:localhost"))
        die("openssl req");
}

/* Removes it. */
static inline int tls_end(void)
{
    char command[sizeof tls_directory + 10];
    snprintf(command, sizeof command, "rm -r '%s'", tls_directory);
    return system(command) != 0;
}

#endif
