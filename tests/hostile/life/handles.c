/* One handle: again and again, closed twice, freed open, copied, and over a descriptor that the program takes away. */
#include "scenes.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void scene_cycles(void) {
    RTMP *rtmp = fresh();
    int good = 0;
    for (int i = 0; i < 300; i++) {
        good += play(rtmp) == 13 + 11 + 70 + 4;
        RTMP_Close(rtmp);
    }
    RTMP_Free(rtmp);
    printf("%d plays\n", good);
}

void scene_closes(void) {
    RTMP *rtmp = fresh();
    RTMP_Close(rtmp);
    RTMP_Close(rtmp);
    printf("play %d\n", play(rtmp));
    RTMP_Close(rtmp);
    RTMP_Close(rtmp);
    RTMP_Init(rtmp);
    RTMP_Close(rtmp);
    printf("play %d\n", play(rtmp));
    RTMP_Close(rtmp);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

void scene_garbage(void) {
    RTMP on_stack;
    memset(&on_stack, 0xa5, sizeof on_stack);
    RTMP_Init(&on_stack);
    printf("play %d\n", play(&on_stack));
    RTMP_Close(&on_stack);
    memset(&on_stack, 0xff, sizeof on_stack);
    RTMP_Init(&on_stack);
    RTMP_Close(&on_stack);
}

void scene_moved(void) {
    RTMP *one = fresh(), *other = RTMP_Alloc();
    char buffer[64];
    int n, total = 0;
    printf("begin %d\n", begin(one));
    total = RTMP_Read(one, buffer, sizeof buffer);
    memcpy(other, one, sizeof *other);
    // Only its memory is left of the first one: a plain free is for that.
    memset(one, 0xa5, sizeof *one);
    free(one);
    while ((n = RTMP_Read(other, buffer, sizeof buffer)) > 0) total += n;
    printf("play %d\n", total);
    RTMP_Close(other);
    RTMP_Free(other);
}

void scene_again(void) {
    RTMP *rtmp = fresh();
    for (int i = 0; i < 3; i++) printf("set up %d\n", set_up(rtmp));
    printf("play %d\n", play(rtmp));
    rtmp->Link.timeout = 1;
    printf("reconnect %d\n", RTMP_ReconnectStream(rtmp, 0));
    RTMP_Close(rtmp);
    printf("reconnect %d\n", RTMP_ReconnectStream(rtmp, 0));
    printf("connect again %d\n", begin(rtmp));
    printf("connect over it %d\n", begin(rtmp));
    RTMP_DeleteStream(rtmp);
    RTMP_DeleteStream(rtmp);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

/* A program that forgets RTMP_Close. */
void scene_unclosed(void) {
    RTMP *rtmp = fresh();
    printf("begin %d\n", begin(rtmp));
    RTMP_Free(rtmp);
}

/* The program has closed the descriptor itself, and its number stands for a connection of somebody else's. */
void scene_taken(void) {
    RTMP *rtmp = fresh();
    int ends[2];
    char byte;
    printf("begin %d\n", begin(rtmp));
    int fd = RTMP_Socket(rtmp);
    close(fd);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return;
    int other = ends[0] == fd ? ends[1] : ends[0];
    RTMP_Free(rtmp);
    printf("open %d, bytes %zd\n", fcntl(fd, F_GETFD) >= 0, recv(other, &byte, 1, MSG_DONTWAIT));
    close(ends[0]);
    close(ends[1]);
}

/* Settings are copied from a handle to another, and back to their own after its end. */
void scene_link(void) {
    RTMP *one = fresh(), *other = fresh();
    printf("begin %d\n", begin(one));
    RTMP_LNK kept = one->Link;
    other->Link = one->Link;
    printf("other %d\n", RTMP_Connect(other, NULL) && RTMP_ConnectStream(other, 0));
    other->Link.playpath0 = other->Link.tcUrl = other->Link.app = (AVal){0};
    other->Link.extras = (AMFObject){0};
    RTMP_Close(other);
    kept.playpath.av_val = strdup("stream");
    kept.playpath0 = kept.playpath;
    RTMP_Close(one);
    kept.extras = one->Link.extras;
    one->Link = kept;
    printf("again %d\n", RTMP_Connect(one, NULL) && RTMP_ConnectStream(one, 0));
    RTMP_Close(one);
    RTMP_Free(one);
    RTMP_Free(other);
}

/* The descriptor is closed behind the library's back, and its number given to another file. */
void scene_stolen(void) {
    RTMP *rtmp = fresh();
    char buffer[4096];
    printf("begin %d\n", begin(rtmp));
    int fd = RTMP_Socket(rtmp), file = open("/dev/null", O_RDWR);
    dup2(file, fd);
    close(file);
    int n;
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) {
    }
    printf("read %d\n", n);
    printf("connected %d\n", RTMP_IsConnected(rtmp));
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}
