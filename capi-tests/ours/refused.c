/* A server that says no ends the call at once, with its failure value. The log has who said no to what, but not what was
 * to be published, which may be a key, and the server's own words, without queries and what would begin a line of their own
 * or have a terminal do something. */
#include "ours.h"

struct no {
    const char *at;      /* the command that is answered so */
    const char *code;
    int status;          /* as onStatus, else as _error */
    char object;         /* '{' or 'e' */
};

static void script(struct host *h, struct server *s)
{
    const struct no *no = h->argument;
    char format[16];
    double txn;
    shake(s);
    if (strcmp(no->at, "connect")) {
        accept_connect(s);
        if (strcmp(no->at, "createStream")) accept_create_stream(s);
    }
    txn = await_command(s, no->at);
    snprintf(format, sizeof format, "sn0%cksksks}", no->object);
    server_invoke(s, format, no->status ? "onStatus" : "_error", no->status ? 0.0 : txn, "level", "error", "code",
                  no->code, "description", "Not on my\nwatch.\033[2J live/show?key=hush");
    take_rest(s);
}

static void refuse(const struct no *no, int publishes)
{
    static RTMP r;
    static char url[128], what[128];
    struct host h;
    log_forget();
    host_start(&h, script, no, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=20", publishes);
    snprintf(what, sizeof what, "cannot %s 127.0.0.1:%d/app%s: the server ", publishes ? "publish to" : "play", h.port,
             publishes ? "" : "/path");
    double began = now();
    int connected = RTMP_Connect(&r, NULL), stream = RTMP_ConnectStream(&r, 0);
    int good = connected && !stream && now() - began < 5 && log_has(no->code) && log_has("Not on my watch.") && log_has("live/show") &&
               !log_has("hush") && !log_has("\033") && log_has(what) && !RTMP_IsConnected(&r) && !RTMP_IsTimedout(&r);
    if (!check(good, "%s %s: %s by %s, %s", publishes ? "publish" : "play", no->at, no->code,
               no->status ? "onStatus" : "_error", no->object == '{' ? "object" : "ECMA array"))
        say("connect %d stream %d after %.1f s, connected %d\n%s", connected, stream, now() - began,
            RTMP_IsConnected(&r), log_text);
    RTMP_Close(&r);
    host_end(&h);
}

/* Many servers answer releaseStream and FCPublish with _error when there is nothing to release: that is no refusal. */
static void forgiving(struct host *h, struct server *s)
{
    double txn;
    (void)h;
    shake(s);
    accept_connect(s);
    txn = await_command(s, "releaseStream");
    server_invoke(s, "sn0{ksks}", "_error", txn, "level", "error", "code", "NetConnection.Call.Failed");
    txn = await_command(s, "FCPublish");
    server_invoke(s, "sn0{ksks}", "_error", txn, "level", "error", "code", "NetConnection.Call.Failed");
    accept_create_stream(s);
    await_command(s, "publish");
    server_status(s, "status", "NetStream.Publish.Start");
    take_rest(s);
}

int main(void)
{
    static const struct no publishing[] = {
        {"connect", "NetConnection.Connect.Rejected", 0, '{'},
        {"connect", "NetConnection.Connect.Rejected", 0, 'e'},
        {"connect", "NetConnection.Connect.Rejected", 1, '{'},
        {"connect", "NetConnection.Connect.Closed", 1, 'e'},
        {"createStream", "NetConnection.Call.Failed", 0, '{'},
        {"createStream", "NetConnection.Call.Failed", 0, 'e'},
        {"publish", "NetStream.Publish.BadName", 1, '{'},
        {"publish", "NetStream.Publish.BadName", 1, 'e'},
        {"publish", "NetStream.Publish.BadName", 0, '{'},
        {"publish", "NetStream.Publish.Denied", 1, '{'},
        {"publish", "NetStream.Publish.Denied", 1, 'e'},
        {"publish", "NetStream.Publish.Rejected", 1, '{'},
        {"publish", "NetStream.Publish.Rejected", 1, 'e'},
        {"publish", "NetStream.Failed", 1, '{'},
    };
    static const struct no playing[] = {
        {"connect", "NetConnection.Connect.Rejected", 0, '{'},
        {"connect", "NetConnection.Connect.Rejected", 0, 'e'},
        {"connect", "NetConnection.Connect.InvalidApp", 1, '{'},
        {"createStream", "NetConnection.Call.Failed", 0, 'e'},
        {"play", "NetStream.Play.Failed", 0, '{'},
        {"play", "NetStream.Play.Failed", 1, 'e'},
        {"play", "NetStream.Play.StreamNotFound", 1, '{'},
        {"play", "NetStream.Play.StreamNotFound", 0, 'e'},
    };
    static RTMP r;
    static char url[128];
    struct host h;
    log_from(RTMP_LOGERROR);
    for (size_t i = 0; i < sizeof publishing / sizeof *publishing; i++) refuse(&publishing[i], 1);
    for (size_t i = 0; i < sizeof playing / sizeof *playing; i++) refuse(&playing[i], 0);

    host_start(&h, forgiving, NULL, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=20", 1);
    check(RTMP_Connect(&r, NULL) && RTMP_ConnectStream(&r, 0), "an _error to releaseStream and FCPublish is no refusal");
    RTMP_Close(&r);
    host_end(&h);
    return 0;
}
