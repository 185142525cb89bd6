/* What the log says at DEBUG of commands and data from the server: programs find redirections and reasons there. */
#include "rtmp_server.h"

/* Lines of what was received; how each library words the rest is its own matter. */
static void log_received(int level, const char *format, va_list list)
{
    static const char *const wanted[] = {"RTMP_ClientPacket, received: invoke", "RTMP_ClientPacket, received: notify",
                                         "(object", "Property:", "HandleInvoke, server invoking",
                                         "HandleInvoke, received result", "HandleInvoke, onStatus"};
    char text[4096];
    vsnprintf(text, sizeof text, format, list);
    for (size_t i = 0; level == RTMP_LOGDEBUG && i < sizeof wanted / sizeof *wanted; i++)
        if (!strncmp(text, wanted[i], strlen(wanted[i]))) say("  %s\n", text);
}

int main(void)
{
    static RTMP r;
    static struct server s;
    static char url[] = "rtmp://h/app/path", bytes[64];
    struct body b, meta;
    client_on(&r, url, server_pair(&s));
    RTMP_LogSetCallback(log_received);
    RTMP_LogSetLevel(RTMP_LOGDEBUG);
    server_greet(&s);
    if (!RTMP_Connect1(&r, NULL)) die("RTMP_Connect1");
    server_accept(&s, 1, 2);
    server_invoke(&s, "sn0{ksksksk{knks}}", "moved", 0.0, "level", "error", "code", "NetConnection.Connect.Rejected",
                  "description", "[ Server.Reject ] : moved", "ex", "code", 302.0, "redirect",
                  "rtmp://other.example/app/");
    amf(&b, "se{knksk{knkb}}", "onMetaData", "duration", 12.5, "a name that is cut off", "x y", "nested", "a", 1.0, "b", 1);
    server_send(&s, 5, 0, 18, 1, b.bytes, b.n - 3);
    server_status(&s, "status", "NetStream.Play.Start");
    if (!RTMP_ConnectStream(&r, 0)) die("RTMP_ConnectStream");
    say("playing\n");
    amf(&meta, "s{kn}", "onMetaData", "duration", 3.0);
    server_send(&s, 5, 0, 18, 1, meta.bytes, meta.n);
    b.n = 0;
    put_be(&b, 18, 1), put_be(&b, (unsigned)meta.n, 3), put_be(&b, 0, 7), put(&b, meta.bytes, meta.n);
    put_be(&b, (unsigned)meta.n + 11, 4);
    server_send(&s, 5, 0, 22, 1, b.bytes, b.n);
    server_send(&s, 6, 20, 9, 1, "\x17\x01\0\0\0\0\0", 7);
    server_status(&s, "status", "NetStream.Play.Complete");
    while (RTMP_Read(&r, bytes, sizeof bytes) > 0) {
    }
    RTMP_Close(&r);
    server_end(&s);
    return 0;
}
