/* A name that the system's resolver takes long for, as where its first server is down: a file is fetched all the same. */
#define _GNU_SOURCE
#include "ours.h"
#include "../httpd.h"
#include <dlfcn.h>
#include <librtmp/http.h>
#include <netdb.h>

/* Longer than a server may be silent. */
#define SLOWNESS 5500

/* The resolver of this program, and of the library in it. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    pause_ms(SLOWNESS);
    return real(name, service, hints, found);
}

static size_t ignore(void *ptr, size_t size, size_t n, void *stream)
{
    (void)ptr, (void)stream;
    return size * n;
}

int main(void)
{
    static const struct httpd_page pages[] = {
        {"/file", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, NULL},
        {NULL, NULL, 0, NULL},
    };
    struct HTTP_ctx http = {NULL, 0, 0, NULL};
    char url[64];
    httpd_start(pages);
    log_from(RTMP_LOGERROR);
    snprintf(url, sizeof url, "http://localhost:%d/file", httpd_port);
    double began = now();
    int result = (int)HTTP_get(&http, url, ignore);
    if (!check(result == HTTPRES_OK && http.status == 200 && http.size == 5, "HTTP_get waits for the resolver"))
        say("result %d status %d size %d after %.1f s\n%s", result, http.status, http.size, now() - began, log_text);
    check(now() - began > SLOWNESS / 1000.0, "which was asked");
    httpd_print_requests();
    return 0;
}
