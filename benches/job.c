/* A program that uses librtmp for one job and says what the transfer cost it: its own processor time, and the bytes.
 * It is built once and run with either library.
 * Usage: job write URL MEBIBYTES TAG PER_CALL        RTMP_Write of FLV tags of TAG body bytes, PER_CALL a call
 *        job packet URL MEBIBYTES BODY CHUNK         RTMP_SendPacket; CHUNK: announced by the program, 0: as it is
 *        job read URL MEBIBYTES BUFFER               RTMP_Read
 *        job readpacket URL MEBIBYTES                RTMP_ReadPacket
 *        job setup URL play|publish                  milliseconds until the connection and the stream are there
 *        job memory URL HANDLES                      bytes of memory for each open handle
 * Prints: NANOSECONDS BYTES CALLS
 */
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <valgrind/callgrind.h>

#define HEADER 11
#define TRAILER 4

static void die(const char *what) {
  fprintf(stderr, "job: %s failed\n", what);
  exit(1);
}

static long long processor_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static double wall_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long long begun;

/* What follows is the transfer, in which time is taken, or under valgrind instructions are counted. */
static void begin(void) {
  CALLGRIND_START_INSTRUMENTATION;
  begun = processor_ns();
}

static void report(unsigned long long bytes, unsigned long calls) {
  long long spent = processor_ns() - begun;
  CALLGRIND_STOP_INSTRUMENTATION;
  printf("%lld %llu %lu\n", spent, bytes, calls);
}

static RTMP *set_up(const char *url, int publish) {
  RTMP *r = RTMP_Alloc();
  RTMP_Init(r);
  if (!RTMP_SetupURL(r, strdup(url))) die("RTMP_SetupURL");
  if (publish) RTMP_EnableWrite(r);
  return r;
}

static void connect_to(RTMP *r) {
  if (!RTMP_Connect(r, NULL)) die("RTMP_Connect");
  if (!RTMP_ConnectStream(r, 0)) die("RTMP_ConnectStream");
}

static void put24(unsigned char *to, unsigned value) {
  to[0] = (unsigned char)(value >> 16);
  to[1] = (unsigned char)(value >> 8);
  to[2] = (unsigned char)value;
}

static void job_write(const char *url, unsigned long long total, unsigned size, unsigned per_call) {
  unsigned whole = HEADER + size + TRAILER, time = 1;
  unsigned char *tags = calloc(per_call, whole);
  for (unsigned i = 0; i < per_call; i++) {
    unsigned char *tag = tags + i * whole;
    memset(tag + HEADER, (int)i + 1, size);
    tag[0] = 9;
    tag[HEADER] = 0x27;
    put24(tag + 1, size);
    put24(tag + HEADER + size + 1, HEADER + size);
  }
  RTMP *r = set_up(url, 1);
  connect_to(r);
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  begin();
  for (; bytes < total; calls++) {
    for (unsigned i = 0; i < per_call; i++) put24(tags + i * whole + 4, time++ & 0x7fffff);
    if (RTMP_Write(r, (char *)tags, (int)(whole * per_call)) != (int)(whole * per_call)) die("RTMP_Write");
    bytes += (unsigned long long)size * per_call;
  }
  report(bytes, calls);
  RTMP_Close(r);
}

static void announce(RTMP *r, unsigned chunk) {
  char room[RTMP_MAX_HEADER_SIZE + 4] = {0};
  RTMPPacket packet = {.m_headerType = RTMP_PACKET_SIZE_LARGE, .m_packetType = RTMP_PACKET_TYPE_CHUNK_SIZE,
                       .m_nChannel = 2, .m_nBodySize = 4, .m_body = room + RTMP_MAX_HEADER_SIZE};
  AMF_EncodeInt32(packet.m_body, packet.m_body + 4, (int)chunk);
  if (!RTMP_SendPacket(r, &packet, 0)) die("RTMP_SendPacket");
  r->m_outChunkSize = (int)chunk;
}

static void job_packet(const char *url, unsigned long long total, unsigned size, unsigned chunk) {
  RTMP *r = set_up(url, 1);
  if (chunk) {
    if (!RTMP_Connect(r, NULL)) die("RTMP_Connect");
    announce(r, chunk);
    if (!RTMP_ConnectStream(r, 0)) die("RTMP_ConnectStream");
  } else {
    connect_to(r);
  }
  char *memory = malloc(RTMP_MAX_HEADER_SIZE + size);
  memset(memory, 0x27, RTMP_MAX_HEADER_SIZE + size);
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  begin();
  for (; bytes < total; calls++) {
    RTMPPacket packet = {.m_headerType = calls ? RTMP_PACKET_SIZE_MEDIUM : RTMP_PACKET_SIZE_LARGE,
                         .m_packetType = RTMP_PACKET_TYPE_VIDEO, .m_nChannel = 4, .m_nInfoField2 = r->m_stream_id,
                         .m_nTimeStamp = (unsigned)calls, .m_nBodySize = size,
                         .m_body = memory + RTMP_MAX_HEADER_SIZE};
    if (!RTMP_SendPacket(r, &packet, 0)) die("RTMP_SendPacket");
    bytes += size;
  }
  report(bytes, calls);
  RTMP_Close(r);
}

/* Players end without RTMP_Close: over TLS the reference's goes on reading for as long as the server sends. */
static void job_read(const char *url, unsigned long long total, int size) {
  char *buffer = malloc((size_t)size);
  RTMP *r = set_up(url, 0);
  connect_to(r);
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  begin();
  for (; bytes < total; calls++) {
    int n = RTMP_Read(r, buffer, size);
    if (n <= 0) die("RTMP_Read");
    bytes += (unsigned)n;
  }
  report(bytes, calls);
}

static void job_read_packet(const char *url, unsigned long long total) {
  RTMP *r = set_up(url, 0);
  connect_to(r);
  unsigned long long bytes = 0;
  unsigned long calls = 0;
  begin();
  RTMPPacket packet = {0};
  for (; bytes < total; calls++) {
    if (!RTMP_ReadPacket(r, &packet)) die("RTMP_ReadPacket");
    if (!RTMPPacket_IsReady(&packet)) continue;
    bytes += packet.m_nBodySize;
    if (packet.m_packetType == RTMP_PACKET_TYPE_CHUNK_SIZE) RTMP_ClientPacket(r, &packet);
    RTMPPacket_Free(&packet);
  }
  report(bytes, calls);
}

static void job_setup(const char *url, int publish) {
  RTMP *r = set_up(url, publish);
  double start = wall_ms(), connected, there;
  if (!RTMP_Connect(r, NULL)) die("RTMP_Connect");
  connected = wall_ms();
  if (!RTMP_ConnectStream(r, 0)) die("RTMP_ConnectStream");
  if (!publish) {
    char first[16];
    if (RTMP_Read(r, first, sizeof first) <= 0) die("RTMP_Read");
  }
  there = wall_ms();
  printf("%.1f %.1f\n", connected - start, there - start);
  RTMP_Close(r);
}

static size_t allocated(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

static void job_memory(const char *url, int handles) {
  /* The first connection also fills what is there once for the process. */
  for (int i = 0; i < 2; i++) connect_to(set_up(url, 1));
  size_t before = allocated();
  for (int i = 0; i < handles; i++) connect_to(set_up(url, 1));
  printf("%zu %zu\n", (allocated() - before) / (size_t)handles, sizeof(RTMP));
}

int main(int argc, char **argv) {
  if (argc < 4) die("usage: see the first lines of job.c: it");
  const char *name = argv[1], *url = argv[2];
  unsigned long long amount = strtoull(argv[3], NULL, 10) << 20;
  unsigned first = argc > 4 ? (unsigned)atoi(argv[4]) : 0, second = argc > 5 ? (unsigned)atoi(argv[5]) : 0;
  RTMP_LogSetLevel(RTMP_LOGERROR);
  if (strcmp(name, "write") == 0)
    job_write(url, amount, first, second);
  else if (strcmp(name, "packet") == 0)
    job_packet(url, amount, first, second);
  else if (strcmp(name, "read") == 0)
    job_read(url, amount, (int)first);
  else if (strcmp(name, "readpacket") == 0)
    job_read_packet(url, amount);
  else if (strcmp(name, "setup") == 0)
    job_setup(url, strcmp(argv[3], "publish") == 0);
  else if (strcmp(name, "memory") == 0)
    job_memory(url, atoi(argv[3]));
  else
    die(name);
  return 0;
}
