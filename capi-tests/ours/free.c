/* RTMP_Free closes a session that was not closed, and leaves alone what was never one. Whether memory is left behind is
 * for the memory checkers to say, under which this runs as well. */
#include "ours.h"

static volatile int deleted, media;

static void take_all(struct host *h, struct server *s)
{
    struct message m;
    accept_stream(s, h->argument);
    while (take_message(s, &m)) {
        media += m.type == 9;
        deleted += is_command(&m, "deleteStream", NULL);
        free(m.body);
    }
}

static void freed_open(const char *command, int publishes)
{
    char url[128], body[3000] = {0x27};
    struct host h;
    int before, good = 1;
    deleted = media = 0;
    for (int i = 0; i < 5; i++) {
        host_start(&h, take_all, command, 0);
        before = descriptors();
        RTMP *r = RTMP_Alloc();
        client_for(r, url, sizeof url, h.port, "conn=O:1 conn=NS:name:text conn=O:0 token=abc", publishes);
        good &= RTMP_Connect(r, NULL) && RTMP_ConnectStream(r, 0);
        if (publishes) good &= write_tag(r, 9, 0, body, sizeof body) > 0;
        RTMP_Free(r);
        host_end(&h);
        good &= descriptors() == before - 1; /* the listener has gone as well */
    }
    check(good, "%s, freed while connected: no descriptor is left", command);
    check(deleted == 5 && media == (publishes ? 5 : 0), "the server got everything, and the farewell");
}

int main(void)
{
    int ends[2];
    RTMP *r = RTMP_Alloc();
    if (pipe(ends)) die("pipe");
    dup2(ends[0], 0);
    RTMP_Free(r);
    check(fcntl(0, F_GETFD) >= 0, "a structure of zeroes names descriptor 0, which stays open");
    r = RTMP_Alloc();
    RTMP_Init(r);
    r->m_sb.sb_socket = ends[1];
    RTMP_Free(r);
    check(fcntl(ends[1], F_GETFD) >= 0, "a descriptor that the library never used stays the program's");
    r = RTMP_Alloc();
    RTMP_Init(r);
    char url[] = "rtmp://h/app/path conn=S:text socks=127.0.0.1:1 pubUser=me";
    check(RTMP_SetupURL(r, url), "settings alone");
    RTMP_Free(r);
    freed_open("play", 0);
    freed_open("publish", 1);
    return 0;
}
