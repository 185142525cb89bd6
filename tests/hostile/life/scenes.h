/* The scenes of life.c, and what they share. */
#ifndef HOSTILE_SCENES_H
#define HOSTILE_SCENES_H

#include <librtmp/rtmp.h>

/* The peer's port, as in URLs. */
extern const char *port;
/* The library keeps pointers into it. */
extern __thread char url[128];

/* An initialised handle. */
RTMP *fresh(void);
/* Sets a handle up for a play from the peer; 1 when that went well. */
int set_up(RTMP *rtmp);
/* The same, connected, with its stream begun. */
int begin(RTMP *rtmp);
/* A whole play; the bytes it gave. */
int play(RTMP *rtmp);

/* How many descriptors an executed program finds open beyond its standard ones. */
int list_descriptors(void);

void scene_cycles(void);
void scene_closes(void);
void scene_garbage(void);
void scene_moved(void);
void scene_again(void);
void scene_fork(void);
void scene_unclosed(void);
void scene_stolen(void);
void scene_handles(void);
void scene_three(void);
void scene_exec(void);
void scene_deep(void);
void scene_keys(void);
void scene_calls(void);
void scene_fences(void);
void scene_stopped(void);
void scene_taken(void);
void scene_link(void);
void scene_cancelled(void);

#endif
