/* RTMP_Free closes a session that was not closed, and leaves alone what was never one, or is another's. Whether memory is
 * left behind is for the memory checkers to say, under which this runs as well. */
#include "ours.h"
#include <sys/wait.h>

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

static void *reads(void *argument)
{
    char bytes[64];
    return RTMP_Read(argument, bytes, sizeof bytes) ? argument : NULL;
}

/* A process that was forked from the program's, for work of its own, frees or closes what it inherited. */
static void in_a_forked_process(int is_closed, int is_read)
{
    char url[128], body[300] = {0x27};
    struct host h;
    pthread_t reader;
    int status = 0;
    deleted = media = 0;
    host_start(&h, take_all, is_read ? "play" : "publish", 0);
    RTMP *r = RTMP_Alloc();
    client_for(r, url, sizeof url, h.port, "", !is_read);
    int good = RTMP_Connect(r, NULL) && RTMP_ConnectStream(r, 0);
    if (is_read && pthread_create(&reader, NULL, reads, r)) die("pthread_create");
    pause_ms(is_read ? 200 : 0); /* the reader waits for the server */
    pid_t child = fork();
    if (!child) {
        if (is_closed) RTMP_Close(r);
        else RTMP_Free(r);
        execl("/bin/true", "true", NULL); /* what the reader had is nobody's here, which memory checkers would tell */
        _exit(1);
    }
    good &= waitpid(child, &status, 0) == child && !status;
    pause_ms(50); /* what the child has said would be there */
    good &= !deleted && RTMP_IsConnected(r);
    if (!is_read) good &= write_tag(r, 9, 0, body, sizeof body) > 0;
    RTMP_Close(r);
    if (is_read) pthread_join(reader, NULL);
    RTMP_Free(r);
    host_end(&h);
    check(good && deleted == 1 && media == !is_read, "%s in a forked process%s: the parent's session goes on",
          is_closed ? "closed" : "freed", is_read ? ", while the parent reads" : "");
}

/* Programs copy a whole Link from handle to handle: its texts stay those of the first. */
static void with_copied_settings(int is_connected)
{
    char url[128] = "rtmp://me:secret@h/app/path.mp4";
    struct server s;
    RTMP *r = RTMP_Alloc(), *copy = RTMP_Alloc();
    RTMP_Init(r);
    RTMP_Init(copy);
    int good = RTMP_SetupURL(r, url);
    copy->Link = r->Link;
    if (is_connected) {
        copy->m_sb.sb_socket = server_pair(&s);
        server_greet(&s);
        good &= RTMP_Connect1(copy, NULL);
    }
    RTMP_Free(copy);
    RTMP_Free(RTMP_Alloc()); /* what was freed is used for something else */
    char *other = malloc(16);
    memset(other, 'x', 16);
    good &= !memcmp(r->Link.playpath.av_val, "mp4:path", 8) && !memcmp(r->Link.tcUrl.av_val, "rtmp://h/app", 12);
    good &= r->Link.pubPasswd.av_len == 6 && !memcmp(r->Link.pubPasswd.av_val, "secret", 6);
    check(good, "a copy of the settings, freed%s: they are there still", is_connected ? " with its session" : "");
    free(other);
    if (is_connected) server_end(&s);
    RTMP_Close(r);
    check(!r->Link.playpath.av_len && !r->Link.tcUrl.av_len && !r->Link.pubUser.av_len && !r->Link.pubPasswd.av_len,
          "RTMP_Close: no setting names memory that is gone");
    RTMP_Free(r);
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
    in_a_forked_process(0, 0);
    in_a_forked_process(1, 1);
    with_copied_settings(0);
    with_copied_settings(1);
    return 0;
}
