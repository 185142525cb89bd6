/*
 * unload.c - a program that uses OpenSSL itself loads the library, plays a little over TLS, unloads it and goes on.
 *
 * unload URL: exit status 0 when the stream had begun and OpenSSL works as well afterwards as before.
 */
#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include <librtmp/rtmp.h>

/* A function of the library, which this program is not linked with. */
#define FUNCTION(name) __typeof__(&name) p_##name = (__typeof__(&name))function(library, #name)

static void *function(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (!found)
        exit(1);
    return found;
}

static int plays(void *library, char *url)
{
    FUNCTION(RTMP_Alloc);
    FUNCTION(RTMP_Init);
    FUNCTION(RTMP_SetupURL);
    FUNCTION(RTMP_Connect);
    FUNCTION(RTMP_ConnectStream);
    FUNCTION(RTMP_Read);
    FUNCTION(RTMP_Close);
    FUNCTION(RTMP_Free);
    char piece[4096];
    RTMP *r = p_RTMP_Alloc();
    int played;

    p_RTMP_Init(r);
    played = p_RTMP_SetupURL(r, url) && p_RTMP_Connect(r, NULL) && p_RTMP_ConnectStream(r, 0) &&
             p_RTMP_Read(r, piece, sizeof piece) > 0;
    p_RTMP_Close(r);
    p_RTMP_Free(r);
    return played;
}

/* What a connection of the program's own begins and ends with: OpenSSL asks everybody who has data in these objects. */
static int makes_a_connection(SSL_CTX *context)
{
    SSL *connection = SSL_new(context);
    SSL_free(connection);
    return connection != NULL;
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    void *library = dlopen("librtmp.so.1", RTLD_NOW | RTLD_LOCAL);

    if (argc != 2)
        return 2;
    if (!library || !makes_a_connection(context) || !plays(library, argv[1]) || dlclose(library) != 0)
        return 1;
    if (!makes_a_connection(context))
        return 1;
    SSL_CTX_free(context);
    return 0;
}
