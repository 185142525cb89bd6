/*
 * Prints every exported object. Built without position-independent code, as old programs were, it holds copies of
 * them (copy relocations), so their sizes and first values have to be those it was built with. data.out is what it
 * prints with the reference's library.
 */
#include <stdio.h>

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

/* Exported for old programs; no header declares them. */
extern const char RTMPProtocolStrings[9][7];
extern void *RTMP_TLS_ctx;

int main(void) {
  int i;
  for (i = 0; i < 9; i++)
    printf("%s %s\n", RTMPProtocolStrings[i], RTMPProtocolStringsLower[i]);
  printf("RTMP_DefaultFlashVer: %s, %d\n", RTMP_DefaultFlashVer.av_val, RTMP_DefaultFlashVer.av_len);
  printf("RTMP_TLS_ctx: %s\n", RTMP_TLS_ctx ? "set" : "null");
  printf("RTMP_ctrlC: %d", RTMP_ctrlC);
  RTMP_UserInterrupt();
  printf(", interrupted %d\n", RTMP_ctrlC);
  printf("RTMP_debuglevel: %d", (int)RTMP_debuglevel);
  RTMP_LogSetLevel(RTMP_LOGDEBUG);
  printf(", set %d", (int)RTMP_debuglevel);
  RTMP_debuglevel = RTMP_LOGWARNING;
  printf(", assigned %d\n", (int)RTMP_LogGetLevel());
  return 0;
}
