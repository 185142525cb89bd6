/* The SWF file of a session: an https server's certificate is treated as the session's options say, a hash that cannot be
 * had is told with the file and what follows. A server's key that is encrypted is refused, and nobody is asked. */
#include "tls.h"
#include <signal.h>
#include <sys/wait.h>

static const char swf[] = "FWS\x09\x0d\0\0\0hello";

/* Makes what the server needs, in the directory we are in. */
static void make_files(void)
{
    FILE *file = fopen("a.swf", "wb");
    if (!file || fwrite(swf, 1, sizeof swf - 1, file) != sizeof swf - 1 || fclose(file)) die("a.swf");
    if (system("openssl rsa -in key.pem -aes128 -passout pass:xyzzy -out secret.pem 2>openssl.err")) die("openssl rsa");
}

/* A server of the files in this directory, and its port, which it chooses and says. */
static pid_t serve(int *port)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "r", stdin) || !freopen("server.out", "w", stdout) || !freopen("server.err", "w", stderr))
            _exit(126);
        execlp("openssl", "openssl", "s_server", "-WWW", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem",
               NULL);
        _exit(127);
    }
    if (pid < 0) die("fork");
    for (int i = 0; i < 1500; i++) {
        FILE *said = fopen("server.out", "r");
        int found = 0;
        for (char line[200]; said && fgets(line, sizeof line, said);)
            found |= sscanf(line, "ACCEPT 127.0.0.1:%d", port) == 1;
        if (said) fclose(said);
        if (found) return pid;
        pause_ms(20);
    }
    kill(pid, SIGKILL);
    die("no server");
    return pid;
}

/* The size that RTMP_SetupURL finds for a file. */
static unsigned size_of(const char *scheme, int port, const char *file, const char *options)
{
    static RTMP r;
    char url[512];
    log_forget();
    RTMP_Init(&r);
    snprintf(url, sizeof url, "rtmp://localhost/app/stream swfUrl=%s://localhost:%d/%s swfVfy=1 swfAge=0 %s", scheme, port,
             file, options);
    if (!RTMP_SetupURL(&r, url)) die("RTMP_SetupURL");
    unsigned size = r.Link.SWFSize;
    RTMP_Close(&r);
    return size;
}

static void has_no_such_file(struct host *h, struct server *s)
{
    static const char answer[] = "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    char request[4096];
    (void)h;
    if (recv(s->fd, request, sizeof request, 0) > 0) send_all(s, answer, sizeof answer - 1);
    take_rest(s);
}

int main(void)
{
    struct host h;
    unsigned size, bytes;
    unsigned char hash[RTMP_SWF_HASHLEN];
    char url[64];
    tls_begin();
    setenv("HOME", tls_directory, 1);
    unsetenv("LIBRTMP_TLS_VERIFY");
    log_from(RTMP_LOGERROR);
    make_files();
    int port;
    pid_t server = serve(&port);

    size = size_of("https", port, "a.swf", "");
    check(!size && log_has("tlsVerify=0") && log_has("tlsCaFile=") && log_has("without SWF verification"),
          "a certificate that is not trusted, and the way out");
    check(size_of("https", port, "a.swf", "tlsVerify=0") == sizeof swf - 1 && !log_len, "tlsVerify=0");
    check(size_of("https", port, "a.swf", "tlsCaFile=cert.pem") == sizeof swf - 1 && !log_len, "tlsCaFile");

    log_forget();
    snprintf(url, sizeof url, "https://localhost:%d/a.swf", port);
    check(RTMP_HashSWF(url, &bytes, hash, 0) == -1 && log_has("LIBRTMP_TLS_VERIFY=0") && !log_has("tlsVerify") &&
              !log_has("session"),
          "RTMP_HashSWF has no options to advise");

    host_start(&h, has_no_such_file, NULL, 0);
    size = size_of("http", h.port, "missing.swf", "");
    host_end(&h);
    check(!size && log_has("missing.swf: it was not found (HTTP status 404)") && log_has("without SWF verification"),
          "a file that is not there");

    log_forget();
    check(!RTMP_TLS_AllocServerContext("cert.pem", "secret.pem") && log_has("secret.pem") && log_has("is encrypted"),
          "an encrypted key");

    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return tls_end();
}
