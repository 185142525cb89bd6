/* Handles in many threads, and one handle in several. */
#define _GNU_SOURCE
#include "scenes.h"
#include <librtmp/amf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *play_often(void *given) {
    long good = 0;
    (void)given;
    for (int i = 0; i < 20; i++) {
        RTMP *rtmp = fresh();
        int bytes = play(rtmp);
        if (bytes != 98) fprintf(stderr, "play %d\n", bytes);
        good += bytes == 98;
        RTMP_Close(rtmp);
        RTMP_Free(rtmp);
    }
    return (void *)good;
}

/* The first use of the library, from many threads at once. */
void scene_handles(void) {
    enum { THREADS = 16 };
    pthread_t threads[THREADS];
    long good = 0;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, play_often, NULL);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good += (long)result;
    }
    printf("%ld plays\n", good);
}

struct shared {
    RTMP *rtmp;
    volatile int over;
};

static void *reader(void *given) {
    struct shared *shared = given;
    char buffer[4096];
    while (!shared->over && RTMP_IsConnected(shared->rtmp)) RTMP_Read(shared->rtmp, buffer, sizeof buffer);
    return NULL;
}

static void *writer(void *given) {
    struct shared *shared = given;
    while (!shared->over && RTMP_SendCtrl(shared->rtmp, 3, 1, 500)) {
    }
    return NULL;
}

static void *closer(void *given) {
    struct shared *shared = given;
    usleep(rand() % 3000);
    RTMP_Close(shared->rtmp);
    shared->over = 1;
    return NULL;
}

/* One reader, one writer and some closers on each handle, from the first byte to the end. */
void scene_three(void) {
    enum { TIMES = 200, CLOSERS = 4 };
    for (int i = 0; i < TIMES; i++) {
        struct shared shared = {fresh(), 0};
        pthread_t threads[2 + CLOSERS];
        begin(shared.rtmp);
        for (int t = 0; t < 2 + CLOSERS; t++)
            pthread_create(&threads[t], NULL, t == 0 ? reader : t == 1 ? writer : closer, &shared);
        for (int t = 0; t < 2 + CLOSERS; t++) pthread_join(threads[t], NULL);
        RTMP_Close(shared.rtmp);
        RTMP_Free(shared.rtmp);
    }
    printf("%d handles\n", TIMES);
}

/* A player's end: one thread closes the handle to stop the other, which closes and frees it once its read has returned.
 * Nobody may write to it after that. */
static void *stop(void *given) {
    usleep((useconds_t)rand() % 2000);
    RTMP_Close(((struct shared *)given)->rtmp);
    return NULL;
}

void scene_stopped(void) {
    enum { TIMES = 200, POISON = 0xa5 };
    int touched = 0;
    for (int i = 0; i < TIMES; i++) {
        struct shared shared = {fresh(), 0};
        char buffer[4096], poison[sizeof(RTMP)];
        pthread_t stopper;
        begin(shared.rtmp);
        pthread_create(&stopper, NULL, stop, &shared);
        while (RTMP_Read(shared.rtmp, buffer, sizeof buffer) > 0) {
        }
        RTMP_Close(shared.rtmp);
        AMF_Reset(&shared.rtmp->Link.extras);
        memset(shared.rtmp, POISON, sizeof(RTMP));
        memset(poison, POISON, sizeof poison);
        pthread_join(stopper, NULL);
        touched += memcmp(shared.rtmp, poison, sizeof poison) != 0;
        free(shared.rtmp);
    }
    printf("%d handles, %d touched after their end\n", TIMES, touched);
}

static void *read_until_cancelled(void *given) {
    char buffer[4096];
    while (RTMP_Read(given, buffer, sizeof buffer) > 0) {
    }
    pthread_testcancel();
    return NULL;
}

/* A thread is cancelled that waits in the library: it ends once the call has returned. */
void scene_cancelled(void) {
    RTMP *rtmp = fresh();
    pthread_t thread;
    void *result;
    printf("begin %d\n", begin(rtmp));
    pthread_create(&thread, NULL, read_until_cancelled, rtmp);
    usleep(100000);
    pthread_cancel(thread);
    usleep(100000);
    RTMP_Close(rtmp);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    RTMP_Free(rtmp);
}
