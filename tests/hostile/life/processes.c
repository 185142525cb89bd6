/* Forked processes, and executed programs. */
#define _GNU_SOURCE
#include "scenes.h"
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that forks, frees what it has inherited and leaves must not end the parent's session. */
void scene_fork(void) {
    RTMP *rtmp = fresh();
    char buffer[4096];
    int n, total = 0, status = -1;
    printf("begin %d\n", begin(rtmp));
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        RTMP *own = fresh();
        RTMP_Close(own);
        RTMP_Free(own);
        RTMP_Free(rtmp);
        _exit(0);
    }
    waitpid(child, &status, 0);
    while ((n = RTMP_Read(rtmp, buffer, sizeof buffer)) > 0) total += n;
    printf("child %d, play %d\n", status, total);
    child = fork();
    if (!child) _exit(play(fresh()) != 98);
    waitpid(child, &status, 0);
    printf("play in a child %d\n", status);
    RTMP_Close(rtmp);
    RTMP_Free(rtmp);
}

int list_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = 0;
    if (!directory) return 99;
    while ((entry = readdir(directory))) found += atoi(entry->d_name) > 2 && atoi(entry->d_name) != dirfd(directory);
    closedir(directory);
    return found;
}

static int inherited(void) {
    int status = -1;
    pid_t child = fork();
    if (!child) {
        execl("/proc/self/exe", "life", "fds", "0", (char *)NULL);
        _exit(98);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static volatile int over;

static void *execute_often(void *given) {
    long most = 0;
    (void)given;
    while (!over) {
        int found = inherited();
        if (found > most) most = found;
    }
    return (void *)most;
}

/* Programs are executed after sessions of every kind have begun, and while they begin and end: none may inherit a
 * descriptor. (While OpenSSL reads the system's certificates that file is inherited; so TLS, the last kind, is left out of
 * what goes on at the same time.) */
void scene_exec(void) {
    static const char *const kinds[] = {
        "rtmp://127.0.0.1:%s/app/stream timeout=1",  "rtmpt://127.0.0.1:%s/app/stream timeout=1",
        "rtmp://localhost/app/stream timeout=1 socks=127.0.0.1:%s",
        "rtmp://127.0.0.1:%s/app/stream timeout=1 swfVfy=1 swfUrl=http://127.0.0.1:%1$s/a.swf",
        "rtmp://localhost/app/stream timeout=1 socks=socks5h://127.0.0.1:%s",
        "rtmps://127.0.0.1:%s/app/stream timeout=1",
    };
    pthread_t thread;
    void *most;
    int before = inherited();
    for (int i = 0; i < 46; i++) {
        if (i == 6) pthread_create(&thread, NULL, execute_often, NULL);
        RTMP *rtmp = fresh();
        snprintf(url, sizeof url, kinds[i < 6 ? i : i % 5], port);
        if (RTMP_SetupURL(rtmp, url) && RTMP_Connect(rtmp, NULL)) RTMP_ConnectStream(rtmp, 0);
        if (i < 6) printf("inherited %d\n", inherited() - before);
        RTMP_Close(rtmp);
        RTMP_Free(rtmp);
    }
    over = 1;
    pthread_join(thread, &most);
    printf("inherited at most %ld\n", (long)most - before);
}
