/* What the C programs of tests/hostile share. */
#ifndef HOSTILE_COMMON_H
#define HOSTILE_COMMON_H

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>

/* How many descriptors are open, counting what the counting opens; -1 when they cannot be listed. */
static inline int open_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    if (!directory) return -1;
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

/* A log callback that formats each line, as programs do, and prints none. */
static inline void quiet(int level, const char *format, va_list list) {
    char text[256];
    vsnprintf(text, sizeof text, format, list);
    (void)level;
}

#endif
