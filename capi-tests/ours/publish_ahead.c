/* A publisher asks to publish together with createStream, on the stream that every known server makes first: the set-up
 * waits for the server three times instead of four. Where the stream is another, the request is repeated there, and
 * what the server says of the first counts for nothing. */
#include "ours.h"

struct answer {
    double stream;       /* the stream that the server makes */
    int refused_on;      /* the stream whose publish is refused, -1 for none */
    int started_on;      /* the stream whose publish has begun, -1 for none */
    int good;            /* whether the program may publish */
};

static void status_on(struct server *s, int stream, const char *level, const char *code)
{
    struct body b = {.n = 0};
    amf(&b, "sn0{ksksks}", "onStatus", 0.0, "level", level, "code", code, "description", "Not on my watch.");
    server_send(s, 3, 0, 20, stream, b.bytes, b.n);
}

/* Nothing is answered before the publish has come: it must not wait for createStream's answer. */
static void script(struct host *h, struct server *s)
{
    const struct answer *a = h->argument;
    shake(s);
    accept_connect(s);
    double create = await_command(s, "createStream");
    await_command(s, "publish");
    server_invoke(s, "sn0n", "_result", create, a->stream);
    if (a->stream != 1) await_command(s, "publish");
    if (a->refused_on >= 0) status_on(s, a->refused_on, "error", "NetStream.Publish.BadName");
    if (a->started_on >= 0) status_on(s, a->started_on, "status", "NetStream.Publish.Start");
    take_rest(s);
}

static void publish(const struct answer *a, const char *name)
{
    static RTMP r;
    static char url[128];
    struct host h;
    log_forget();
    host_start(&h, script, a, 0);
    client_for(&r, url, sizeof url, h.port, "timeout=3", 1);
    int connected = RTMP_Connect(&r, NULL), stream = RTMP_ConnectStream(&r, 0);
    int good = connected && stream == a->good &&
               (!a->good || (r.m_stream_id == (int)a->stream && r.m_bPlaying == 1 && r.m_outChunkSize == 4096));
    if (!check(good, "%s", name))
        say("connect %d stream %d connected %d id %d chunk %d\n%s", connected, stream, RTMP_IsConnected(&r),
            r.m_stream_id, r.m_outChunkSize, log_text);
    RTMP_Close(&r);
    host_end(&h);
}

int main(void)
{
    const struct answer usual = {1, -1, 1, 1}, refused = {1, 1, -1, 0}, refused_without = {1, 0, -1, 0};
    const struct answer other = {7, 1, 7, 1}, other_without = {7, 1, 0, 1}, other_refused = {7, 7, -1, 0};
    const struct answer other_refused_without = {7, 0, -1, 0}, wrong_start = {7, -1, 1, 0};
    log_from(RTMP_LOGERROR);
    publish(&usual, "the first stream is 1");
    publish(&refused, "publish is refused on stream 1");
    publish(&refused_without, "publish is refused without a stream");
    publish(&other, "the first stream is 7, and a refusal on stream 1 is no refusal");
    publish(&other_without, "the first stream is 7, and the start names none");
    publish(&other_refused, "the first stream is 7, and publish is refused there");
    publish(&other_refused_without, "the first stream is 7, and publish is refused without a stream");
    publish(&wrong_start, "the first stream is 7, and a start on stream 1 is no start");
    return 0;
}
