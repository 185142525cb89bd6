/*
 * rtmp.h: sessions that play from, publish to, and serve RTMP.
 *
 * Made by `make headers` from src/capi and cbindgen/rtmp.toml; do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Functions that return int return 1 for success and 0 for failure unless their description says otherwise.
 */
#ifndef __RTMP_H__
#define __RTMP_H__

#include <errno.h>
#include <stdint.h>
#include <stddef.h>
#include "amf.h"

/* Programs ask by this name whether the library can encrypt; it always can. */
#if !defined(NO_CRYPTO) && !defined(CRYPTO)
#define CRYPTO
#endif

/** The version of the interface, as RTMP_LibVersion gives it: 2.3, one byte each. */
#define RTMP_LIB_VERSION 0x020300

/* What a protocol is made of: bits of RTMP_LNK.protocol. */
#define RTMP_FEATURE_HTTP 0x01  /* tunnelled in HTTP */
#define RTMP_FEATURE_ENC 0x02   /* RTMPE encryption */
#define RTMP_FEATURE_SSL 0x04   /* TLS */
#define RTMP_FEATURE_MFP 0x08   /* RTMFP, which is not supported */
#define RTMP_FEATURE_WRITE 0x10 /* publishes */
#define RTMP_FEATURE_HTTP2 0x20 /* serves clients tunnelled in HTTP */

/* The protocols of URL schemes. */
#define RTMP_PROTOCOL_UNDEFINED (-1)
#define RTMP_PROTOCOL_RTMP 0
#define RTMP_PROTOCOL_RTMPE RTMP_FEATURE_ENC
#define RTMP_PROTOCOL_RTMPT RTMP_FEATURE_HTTP
#define RTMP_PROTOCOL_RTMPS RTMP_FEATURE_SSL
#define RTMP_PROTOCOL_RTMPTE (RTMP_FEATURE_HTTP | RTMP_FEATURE_ENC)
#define RTMP_PROTOCOL_RTMPTS (RTMP_FEATURE_HTTP | RTMP_FEATURE_SSL)
#define RTMP_PROTOCOL_RTMFP RTMP_FEATURE_MFP

/** The chunk size of both sides until one of them announces another. */
#define RTMP_DEFAULT_CHUNKSIZE 128

/** Channels (chunk streams) are below this number. */
#define RTMP_CHANNELS 65600

/* Message types: RTMPPacket.m_packetType. */
#define RTMP_PACKET_TYPE_CHUNK_SIZE 0x01
#define RTMP_PACKET_TYPE_BYTES_READ_REPORT 0x03
#define RTMP_PACKET_TYPE_CONTROL 0x04
#define RTMP_PACKET_TYPE_SERVER_BW 0x05
#define RTMP_PACKET_TYPE_CLIENT_BW 0x06
#define RTMP_PACKET_TYPE_AUDIO 0x08
#define RTMP_PACKET_TYPE_VIDEO 0x09
#define RTMP_PACKET_TYPE_FLEX_STREAM_SEND 0x0F
#define RTMP_PACKET_TYPE_FLEX_SHARED_OBJECT 0x10
#define RTMP_PACKET_TYPE_FLEX_MESSAGE 0x11
#define RTMP_PACKET_TYPE_INFO 0x12
#define RTMP_PACKET_TYPE_SHARED_OBJECT 0x13
#define RTMP_PACKET_TYPE_INVOKE 0x14
#define RTMP_PACKET_TYPE_FLASH_VIDEO 0x16

/* Chunk header formats: RTMPPacket.m_headerType. */
#define RTMP_PACKET_SIZE_LARGE 0   /* everything, with an absolute time */
#define RTMP_PACKET_SIZE_MEDIUM 1  /* without the stream */
#define RTMP_PACKET_SIZE_SMALL 2   /* the time only */
#define RTMP_PACKET_SIZE_MINIMUM 3 /* nothing */

/** Whether all of a packet's body is there. */
#define RTMPPacket_IsReady(a) ((a)->m_nBytesRead == (a)->m_nBodySize)

/* Bits of RTMP_LNK.lFlags. */
#define RTMP_LF_AUTH 0x0001 /* send RTMP_LNK.auth */
#define RTMP_LF_LIVE 0x0002 /* a live stream */
#define RTMP_LF_SWFV 0x0004 /* answer SWF verification */
#define RTMP_LF_PLST 0x0008 /* send a playlist before play */
#define RTMP_LF_BUFX 0x0010 /* pause and go on when the server's buffer is empty */
#define RTMP_LF_FTCU 0x0020 /* RTMP_Close frees tcUrl */
#define RTMP_LF_FAPU 0x0040 /* RTMP_Close frees app */

/* Bits of RTMP_READ.flags. */
#define RTMP_READ_HEADER 0x01    /* the FLV header has been made */
#define RTMP_READ_RESUME 0x02    /* the program goes on with an earlier file */
#define RTMP_READ_NO_IGNORE 0x04 /* nothing is skipped after the place to resume at */
#define RTMP_READ_GOTKF 0x08     /* the frame to resume at was met */
#define RTMP_READ_GOTFLVK 0x10   /* it was met inside an aggregate */
#define RTMP_READ_SEEKING 0x20   /* a seek is under way */

/* Values of RTMP_READ.status. */
#define RTMP_READ_COMPLETE (-3) /* the play ended */
#define RTMP_READ_ERROR (-2)    /* corrupt, or the place to resume at was not met */
#define RTMP_READ_EOF (-1)      /* the connection is gone */
#define RTMP_READ_IGNORE 0

struct sockaddr;

/** The size of the input buffer of a connection, in bytes. */
#define RTMP_BUFFER_CACHE_SIZE (16 * 1024)

/** The longest header of a chunk, and the headroom that a packet's body has before it, in bytes. */
#define RTMP_MAX_HEADER_SIZE 18

/** The length of the hash of a player, in bytes. */
#define RTMP_SWF_HASHLEN 32

/** The length of the answer to SWF verification, in bytes. */
#define RTMP_SWF_RESPONSE_LEN (RTMP_SWF_HASHLEN + 10)

/** A command that waits for its answer. */
typedef struct RTMP_METHOD {
  /** The command, in memory of malloc. */
  AVal name;
  /** Its transaction number. */
  int num;
} RTMP_METHOD;

/** One chunk as it is on the wire. */
typedef struct RTMPChunk {
  /** Bytes in use of `c_header`. */
  int c_headerSize;
  /** Bytes at `c_chunk`. */
  int c_chunkSize;
  /** The chunk's part of the message body. */
  char *c_chunk;
  /** Basic header, message header and extended timestamp. */
  char c_header[RTMP_MAX_HEADER_SIZE];
} RTMPChunk;

/** A message, or as much of it as has been received. */
typedef struct RTMPPacket {
  /** The format of its header, one of RTMP_PACKET_SIZE_*; a request when sending. */
  uint8_t m_headerType;
  /** The type, one of RTMP_PACKET_TYPE_*. */
  uint8_t m_packetType;
  /** 1: `m_nTimeStamp` came as an absolute time; 0: as a difference. */
  uint8_t m_hasAbsTimestamp;
  /** The channel (chunk stream), 2 to 65599. */
  int m_nChannel;
  /** The time, in milliseconds. */
  uint32_t m_nTimeStamp;
  /** The message stream that it belongs to. */
  int32_t m_nInfoField2;
  /** The length of the body, in bytes. */
  uint32_t m_nBodySize;
  /** How many bytes of the body have been received. */
  uint32_t m_nBytesRead;
  /** When not null: takes each chunk as it was received. */
  struct RTMPChunk *m_chunk;
  /** The body, behind RTMP_MAX_HEADER_SIZE bytes of headroom. */
  char *m_body;
} RTMPPacket;

/** What RTMP_Read and RTMP_Write keep between calls. */
typedef struct RTMP_READ {
  /** The library's own. */
  char *buf;
  /** The library's own. */
  char *bufpos;
  /** Not used. */
  unsigned int buflen;
  /** The time of the last tag that RTMP_Read gave, in milliseconds. */
  uint32_t timestamp;
  /** The FLV header's flags: 1 with video, 4 with audio. */
  uint8_t dataType;
  /** RTMP_READ_HEADER and the like, bits. */
  uint8_t flags;
  /** RTMP_READ_COMPLETE, RTMP_READ_ERROR or RTMP_READ_EOF when the stream has ended. */
  int8_t status;
  /** To resume: the message type of `initialFrame`. */
  uint8_t initialFrameType;
  /** To resume: the time of `initialFrame`, in milliseconds; once that is found, what is added to the stream's times. */
  uint32_t nResumeTS;
  /** To resume: the metadata of the earlier file. */
  char *metaHeader;
  /** To resume: the last key frame of the earlier file. */
  char *initialFrame;
  /** To resume: bytes at `metaHeader`. */
  uint32_t nMetaHeaderSize;
  /** To resume: bytes at `initialFrame`. */
  uint32_t nInitialFrameSize;
  /** Frames skipped on the way to `initialFrame`. */
  uint32_t nIgnoredFrameCounter;
  /** Frames of aggregates skipped on the way to it. */
  uint32_t nIgnoredFlvFrameCounter;
} RTMP_READ;

/** A connection, and what has been received on it but not yet taken. */
typedef struct RTMPSockBuf {
  /** The socket, or -1. */
  int sb_socket;
  /** Bytes that wait at `sb_start`. */
  int sb_size;
  /** The next byte to take; at times outside `sb_buf`. */
  char *sb_start;
  /** The input buffer. */
  char sb_buf[RTMP_BUFFER_CACHE_SIZE];
  /** 1: the last read gave up waiting. */
  int sb_timedout;
  /** The library's own: TLS and tunnel. */
  void *sb_ssl;
} RTMPSockBuf;

/** What to connect to, and how. Texts are not copied: they outlive the session. */
typedef struct RTMP_LNK {
  /** The server. */
  AVal hostname;
  /** The proxy. */
  AVal sockshost;
  /** The stream as it came from the URL; RTMP_Close frees it. */
  AVal playpath0;
  /** The stream to play or publish. */
  AVal playpath;
  /** The URL that the server is told. */
  AVal tcUrl;
  /** The URL of the player. */
  AVal swfUrl;
  /** The URL of the page that holds the player. */
  AVal pageUrl;
  /** The application on the server. */
  AVal app;
  /** A string sent with the connect command when RTMP_LF_AUTH is set. */
  AVal auth;
  /** The Flash version that the server is told. */
  AVal flashVer;
  /** The stream to subscribe to. */
  AVal subscribepath;
  /** A token for servers of Justin.tv. */
  AVal usherToken;
  /** The key of SecureToken. */
  AVal token;
  /** The user name for publishing. */
  AVal pubUser;
  /** The password for publishing. */
  AVal pubPasswd;
  /** Values sent behind the arguments of the connect command. */
  AMFObject extras;
  /** How many objects of `extras` are still open. */
  int edepth;
  /** Where to start, in milliseconds. */
  int seekTime;
  /** Where to stop, in milliseconds; 0 for the end. */
  int stopTime;
  /** RTMP_LF_* bits. */
  int lFlags;
  /** How old a cached hash of the player may be, in days. */
  int swfAge;
  /** RTMP_FEATURE_* bits. */
  int protocol;
  /** How long to wait for the network, in seconds; 0 for ever. */
  int timeout;
  /** The library's own. */
  int pFlags;
  /** The port of the proxy; 0 without one. */
  unsigned short socksport;
  /** The port of the server. */
  unsigned short port;
  /** Not used. */
  void *dh;
  /** Not used. */
  void *rc4keyIn;
  /** Not used. */
  void *rc4keyOut;
  /** The size of the player, uncompressed, in bytes; 0 when it is not known. */
  uint32_t SWFSize;
  /** The hash of the player. */
  uint8_t SWFHash[RTMP_SWF_HASHLEN];
  /** The answer to SWF verification. */
  char SWFVerificationResponse[RTMP_SWF_RESPONSE_LEN];
} RTMP_LNK;

/** A session. RTMP_Alloc makes one, or a program's own memory holds it; RTMP_Init comes first. */
typedef struct RTMP {
  /** The largest chunk that the peer sends, in bytes. */
  int m_inChunkSize;
  /** The largest chunk that is sent, in bytes. */
  int m_outChunkSize;
  /** Bandwidth checks begun. */
  int m_nBWCheckCounter;
  /** Bytes received; wraps. */
  int m_nBytesIn;
  /** `m_nBytesIn` as last reported to the peer. */
  int m_nBytesInSent;
  /** The buffer that the server is told of, in milliseconds. */
  int m_nBufferMS;
  /** The message stream that createStream gave; -1 once it is given back. */
  int m_stream_id;
  /** The channel that media arrives on. */
  int m_mediaChannel;
  /** The time of the last media message, in milliseconds; it stands still in a pause. */
  uint32_t m_mediaStamp;
  /** The time at which the stream was paused, or at which the server fell silent, in milliseconds. */
  uint32_t m_pauseStamp;
  /** 0: no pause; 1: one was asked for; 2: the same, and the server has sent all it had; 3: going on was asked for. */
  int m_pausing;
  /** The acknowledgement window, in bytes: as announced to the peer, or as it has announced its own. */
  int m_nServerBW;
  /** The bandwidth limit, in bytes: as announced to the peer, or as it has set ours. */
  int m_nClientBW;
  /** The limit type that came with it. */
  uint8_t m_nClientBW2;
  /** 1: the server has started to play, or to take what is published. */
  uint8_t m_bPlaying;
  /** 1: the connect command carries objectEncoding, even when it is 0. */
  uint8_t m_bSendEncoding;
  /** 1: received bytes are acknowledged. */
  uint8_t m_bSendCounter;
  /** The last transaction number. */
  int m_numInvokes;
  /** Commands at `m_methodCalls`. */
  int m_numCalls;
  /** The commands that wait for an answer. */
  struct RTMP_METHOD *m_methodCalls;
  /** Entries at `m_vecChannelsIn` and at `m_channelTimestamp`. */
  int m_channelsAllocatedIn;
  /** Not used. */
  int m_channelsAllocatedOut;
  /** Null pointers: what was received on each channel is the library's own. */
  struct RTMPPacket **m_vecChannelsIn;
  /** The library's own. */
  struct RTMPPacket **m_vecChannelsOut;
  /** The time of the last message received on each channel, in milliseconds. */
  int *m_channelTimestamp;
  /** Audio codecs, as the connect command names them. */
  double m_fAudioCodecs;
  /** Video codecs, as the connect command names them. */
  double m_fVideoCodecs;
  /** 0 for AMF0, 3 for AMF3. */
  double m_fEncoding;
  /** The length of the stream in seconds, when its metadata tells. */
  double m_fDuration;
  /** Not used. */
  int m_msgCounter;
  /** Not used. */
  int m_polling;
  /** The library's own. */
  int m_resplen;
  /** Not used. */
  int m_unackd;
  /** RTMPT: the name of the session, with a slash before it. */
  AVal m_clientID;
  /** The state of RTMP_Read. */
  struct RTMP_READ m_read;
  /** Not used by the library; programs send from it. */
  struct RTMPPacket m_write;
  /** The connection. */
  struct RTMPSockBuf m_sb;
  /** Where to. */
  struct RTMP_LNK Link;
} RTMP;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Ends a session.
 *
 * Blocks until the peer has the media that was sent, at most 2 s. Other threads' calls on the handle end first, and while
 * one of them closes it, this returns when that is done: whoever returns from it may free the handle.
 *
 * The caller promises:
 * `r` is null or points to a `struct RTMP` that `RTMP_Init` initialised.
 */
void RTMP_Close(struct RTMP *r);

/**
 * Connects: resolves the host (or the proxy), connects, shakes hands and sends the connect command.
 *
 * `cp` is a connect packet of the program's own, or null. Returns 1, or 0 after a log line.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`; `cp` is null or a packet as for `RTMP_SendPacket`.
 */
int RTMP_Connect(struct RTMP *r, struct RTMPPacket *cp);

/**
 * Makes the connection's socket: connects to an address, through the SOCKS proxy when one is set.
 *
 * The caller promises:
 * `r` is null or initialised; `service` is null or a socket address of the size that its family has.
 */
int RTMP_Connect0(struct RTMP *r,
                  struct sockaddr *service);

/**
 * Goes on from a connected socket in `m_sb.sb_socket`: TLS, tunnel, handshake and the connect command. The
 * program may poll that socket: it is readable for as long as the program has not been given all that came.
 *
 * The caller promises:
 * As `RTMP_Connect`.
 */
int RTMP_Connect1(struct RTMP *r,
                  struct RTMPPacket *cp);

/**
 * Shakes hands as the server, on an accepted socket in `m_sb.sb_socket`. What `RTMPSockBuf_Fill` has received of the client
 * is taken first. The program may poll that socket, as with `RTMP_Connect1`.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_Serve(struct RTMP *r);

/**
 * Reads messages, and acts on them, until the stream plays or publishes. `seekTime`, when positive, is where to start, in
 * milliseconds. Returns 1, or 0 after a log line.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_ConnectStream(struct RTMP *r,
                       int seekTime);

/**
 * Gives the stream back and asks for a new one, over the same connection; then goes on as `RTMP_ConnectStream` does.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_ReconnectStream(struct RTMP *r,
                         int seekTime);

/**
 * Copies the first property of this name into `p`, searching depth first through objects and ECMA arrays.
 * Returns 1 when there is one, else 0 with `p` unchanged.
 *
 * The caller promises:
 * `obj` is null or an object whose properties and names are readable; `name` is null or points to a text; `p` is
 * null or writable.
 */
int RTMP_FindFirstMatchingProperty(AMFObject *obj,
                                   const AVal *name,
                                   AMFObjectProperty *p);

/** Memory for a session, zeroed; null when memory is out. `RTMP_Init` must follow. */
struct RTMP *RTMP_Alloc(void);

/**
 * Frees the memory of a session. One that was not closed is closed first, so that neither descriptor nor settings are
 * left behind.
 *
 * The caller promises:
 * `r` is null or came from `RTMP_Alloc` or malloc and, unless it is all zeroes, was prepared by `RTMP_Init`.
 */
void RTMP_Free(struct RTMP *r);

/**
 * Sets every field to its default. The memory may hold anything before: nothing of it is read.
 *
 * The caller promises:
 * `r` is null or points to writable memory for a session that holds nothing to be freed.
 */
void RTMP_Init(struct RTMP *r);

/** The version of the interface. */
int RTMP_LibVersion(void);

/** Milliseconds of a clock that only goes forward, and begins again at 2^32. */
uint32_t RTMP_GetTime(void);

/** The user wants to end: calls that wait end when a signal interrupts them. May be called in a signal handler. */
void RTMP_UserInterrupt(void);

/**
 * The session will publish. Comes after `RTMP_SetupURL`, which sets the protocol.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`.
 */
void RTMP_EnableWrite(struct RTMP *r);

/**
 * Sets the player's buffer, in milliseconds; a server that is playing hears of it from `RTMP_UpdateBufferMS`.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`.
 */
void RTMP_SetBufferMS(struct RTMP *r,
                      int size);

/**
 * 1 when the last receive timed out, else 0.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`.
 */
int RTMP_IsTimedout(struct RTMP *r);

/**
 * 1 when there is a socket, else 0.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`.
 */
int RTMP_IsConnected(struct RTMP *r);

/**
 * The socket's descriptor; -1 when there is none. A program that polls it asks for it before its first
 * read: it is then readable for as long as the program has not been given all that came.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`.
 */
int RTMP_Socket(struct RTMP *r);

/**
 * Duration of the stream as its metadata says, in seconds; 0 before that.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`.
 */
double RTMP_GetDuration(struct RTMP *r);

/**
 * Takes entry `i` out of the list of calls that await an answer, and frees its name when `freeit` is not 0.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`; `m_methodCalls` holds `m_numCalls` entries with malloc'ed names.
 */
void RTMP_DropRequest(struct RTMP *r,
                      int i,
                      int freeit);

/**
 * Sets an option by its name. Text is not copied: it must stay alive as long as the option is used.
 *
 * Returns 1, or 0 for an unknown name or a value that cannot be used.
 *
 * The caller promises:
 * Each pointer is null or points to its structure, `r`'s prepared by `RTMP_Init`; the texts are readable.
 */
int RTMP_SetOpt(struct RTMP *r,
                const AVal *opt,
                AVal *arg);

/**
 * Zeroes the header fields; body and chunk stay.
 *
 * The caller promises:
 * `p` is null or points to a packet.
 */
void RTMPPacket_Reset(struct RTMPPacket *p);

/**
 * Logs the header of a packet and the first byte of its body at DEBUG.
 *
 * The caller promises:
 * `p` is null or points to a packet with a body of its size.
 */
void RTMPPacket_Dump(struct RTMPPacket *p);

/**
 * Gives a packet a zeroed body of `size` bytes, with room for a header before it.
 *
 * Returns 1, or 0 when memory is out.
 *
 * The caller promises:
 * `p` is null or points to a packet, whose old body is not freed.
 */
int RTMPPacket_Alloc(struct RTMPPacket *p, uint32_t size);

/**
 * Frees the body of a packet.
 *
 * The caller promises:
 * `p` is null or points to a packet whose body is null or came from `RTMPPacket_Alloc` or the library.
 */
void RTMPPacket_Free(struct RTMPPacket *p);

/**
 * Reads one chunk. `packet` describes its message; `m_body` is null until the message is complete
 * (`RTMPPacket_IsReady`); then the caller frees it with `RTMPPacket_Free`. Returns 1; 0 when the connection is gone (the
 * session is then closed) or on a time-out (`RTMP_IsTimedout`; the next call goes on).
 *
 * The caller promises:
 * `r` is null or initialised; `packet` is null or writable, its `m_chunk` null or pointing to a `RTMPChunk`.
 */
int RTMP_ReadPacket(struct RTMP *r,
                    struct RTMPPacket *packet);

/**
 * Reads until a media packet is there. Other packets are acted on, as by `RTMP_ClientPacket`. Returns 1, 2 when the play
 * has ended, or 0 as `RTMP_ReadPacket` does.
 *
 * The caller promises:
 * `r` is null or initialised; `packet` is null or writable.
 */
int RTMP_GetNextMediaPacket(struct RTMP *r,
                            struct RTMPPacket *packet);

/**
 * Acts on a received packet: does what a protocol message or a command asks for. Returns 1 for media, 2 when it ended the
 * play, else 0.
 *
 * The caller promises:
 * `r` is null or initialised; `packet` is null or a complete packet.
 */
int RTMP_ClientPacket(struct RTMP *r,
                      struct RTMPPacket *packet);

/**
 * Reads FLV bytes: the file header first, then at most one tag a call.
 *
 * Returns the bytes put into `buf`, or 0 at the end: the play is over, the connection is gone, nothing came in time, the
 * stream is corrupt, or it could not be resumed (`m_read.status` tells which). Once the stream was corrupt or not resumed,
 * every further call returns -1, with `EINVAL` in errno.
 *
 * The caller promises:
 * `r` is null or initialised; `buf` is null or points to `size` writable bytes.
 */
int RTMP_Read(struct RTMP *r,
              char *buf,
              int size);

/**
 * Sends one message; its body and header stay as they are, but for `m_headerType`, which tells the format sent.
 *
 * With a `queue` other than 0, the name and the transaction of an INVOKE are added to `m_methodCalls`. Returns 1, or 0 after a log line.
 *
 * The caller promises:
 * `r` is null or initialised; `packet` is null or a packet whose `m_body` points to `m_nBodySize` bytes.
 */
int RTMP_SendPacket(struct RTMP *r,
                    struct RTMPPacket *packet,
                    int queue);

/**
 * Sends a chunk's header and body bytes as they are. Returns 1, or 0.
 *
 * The caller promises:
 * `r` is null or initialised; `chunk` is null or has `c_headerSize` header bytes and `c_chunkSize` bytes at `c_chunk`.
 */
int RTMP_SendChunk(struct RTMP *r,
                   struct RTMPChunk *chunk);

/**
 * Sends a user control message; `nTime` counts for event 3 only.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_SendCtrl(struct RTMP *r, short nType, unsigned int nObject, unsigned int nTime);

/**
 * Asks the server to acknowledge each time that it has received `m_nServerBW` bytes.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_SendServerBW(struct RTMP *r);

/**
 * Tells the server how many bytes it may send unacknowledged: `m_nClientBW`, with the limit type in `m_nClientBW2`.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_SendClientBW(struct RTMP *r);

/**
 * Asks the server for a message stream, which `RTMP_ConnectStream` awaits.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_SendCreateStream(struct RTMP *r);

/**
 * Asks the server to go on from `dTime` milliseconds.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_SendSeek(struct RTMP *r, int dTime);

/**
 * Asks the server to pause (`DoPause` not 0) or to go on, at `dTime` milliseconds.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_SendPause(struct RTMP *r, int DoPause, int dTime);

/**
 * Pauses the play where it is, or goes on from there.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_Pause(struct RTMP *r, int DoPause);

/**
 * Pauses for a second and goes on, which wakes some servers.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
int RTMP_ToggleStream(struct RTMP *r);

/**
 * Tells the server the buffer's length in `m_nBufferMS`.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
void RTMP_UpdateBufferMS(struct RTMP *r);

/**
 * Gives the message stream back to the server.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`.
 */
void RTMP_DeleteStream(struct RTMP *r);

/**
 * Takes the bytes of an FLV file, in pieces of any size, and sends each complete tag. Blocks until the network has taken
 * it. Returns `size`, or -1 after a log line.
 *
 * The caller promises:
 * `r` is null or initialised; `buf` is null or points to `size` bytes.
 */
int RTMP_Write(struct RTMP *r,
               const char *buf,
               int size);

/**
 * Receives once into the buffer. Returns the bytes received; 0 at the end of the stream and on a time-out
 * (`sb_timedout`); -1 on an error, and while bytes are buffered outside `sb_buf`: only `RTMP_Read` and its like put them
 * there, and take them.
 *
 * The caller promises:
 * `sb` is null or points to an initialised `RTMPSockBuf`.
 */
int RTMPSockBuf_Fill(struct RTMPSockBuf *sb);

/**
 * Sends bytes, never raising SIGPIPE. Returns `len`, or -1.
 *
 * The caller promises:
 * `sb` is null or points to an initialised `RTMPSockBuf`; `buf` is null or points to `len` bytes.
 */
int RTMPSockBuf_Send(struct RTMPSockBuf *sb, const char *buf, int len);

/**
 * Closes the socket and its TLS stream. Returns what `close` returns, 0 without a socket.
 *
 * The caller promises:
 * `sb` is null or points to an initialised `RTMPSockBuf`.
 */
int RTMPSockBuf_Close(struct RTMPSockBuf *sb);

/**
 * Computes what SWF verification needs to know of the SWF file at `url`: its uncompressed size and its hash
 * (32 bytes). The result is kept in `$HOME/.swfinfo`; when the server was asked less than `age` days ago, it is not
 * asked again. With an age of 0 it is always asked.
 *
 * Returns 0, or -1 with a line in the log; size and hash are then those that were kept longer ago, if any were, and left
 * alone otherwise.
 *
 * The caller promises:
 * `url` is null or a text; `size` is null or points to an `unsigned int`; `hash` is null or has room for 32 bytes.
 */
int RTMP_HashSWF(const char *url,
                 unsigned int *size,
                 unsigned char *hash,
                 int age);

/**
 * Makes a server's TLS context from a PEM chain (the server's own certificate first) and a PEM key.
 *
 * Returns null after a log line when a file cannot be used; free it with `RTMP_TLS_FreeServerContext`.
 *
 * The caller promises:
 * `cert` and `key` are null or NUL-terminated paths.
 */
void *RTMP_TLS_AllocServerContext(const char *cert,
                                  const char *key);

/**
 * Frees a server's TLS context; connections that were accepted with it go on.
 *
 * The caller promises:
 * `ctx` is null or came from `RTMP_TLS_AllocServerContext` and was not freed.
 */
void RTMP_TLS_FreeServerContext(void *ctx);

/**
 * Shakes hands with a TLS client on the accepted socket in `m_sb.sb_socket`, within `Link.timeout`.
 *
 * Returns 1, or 0 after a log line; the socket stays the program's to close with `RTMP_Close`.
 *
 * The caller promises:
 * `r` is null or initialised by `RTMP_Init`; `ctx` is null or came from `RTMP_TLS_AllocServerContext`.
 */
int RTMP_TLS_Accept(struct RTMP *r,
                    void *ctx);

/**
 * Takes a URL apart. `host` and `app` point into it; `playpath` is malloc'ed, for the caller to free.
 *
 * Returns 1, or 0 when it is no URL. A host that is too long is left as it was.
 *
 * The caller promises:
 * Each pointer is null or valid for what it points to; `url` ends with a NUL.
 */
int RTMP_ParseURL(const char *url,
                  int *protocol,
                  AVal *host,
                  unsigned int *port,
                  AVal *playpath,
                  AVal *app);

/**
 * Turns the playpath of a URL into the one that servers are asked for; `output` is malloc'ed, for the caller to free.
 *
 * The caller promises:
 * Each pointer is null or points to a text; they may be the same.
 */
void RTMP_ParsePlaypath(AVal *input,
                        AVal *output);

/**
 * Sets a session up from a URL with options behind it, `url name=value …`. The text is changed in place when it has
 * options, and the session keeps pointers into it: it must stay alive as long as the session.
 *
 * Returns 1, or 0 when the URL or an option is wrong.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`; `text` is null or ends with a NUL, and is writable when it has a space.
 */
int RTMP_SetupURL(struct RTMP *r,
                  char *text);

/**
 * Sets a session up from its parts. Texts that are null or empty leave their field alone, but for an empty hostname,
 * sockshost and playpath, which are empty then, and flashVer, which is the library's own then. None is copied, so they
 * must stay alive as long as the session. `dStart` and `dStop` are milliseconds, `timeout` is seconds; port 0 is the
 * protocol's own. The SWF's hash is 32 bytes and needs its size.
 *
 * The caller promises:
 * `r` is null or was prepared by `RTMP_Init`; each text pointer is null or points to a text.
 */
void RTMP_SetupStream(struct RTMP *r,
                      int protocol,
                      AVal *hostname,
                      unsigned int port,
                      AVal *sockshost,
                      AVal *playpath,
                      AVal *tcUrl,
                      AVal *swfUrl,
                      AVal *pageUrl,
                      AVal *app,
                      AVal *auth,
                      AVal *swfSHA256Hash,
                      uint32_t swfSize,
                      AVal *flashVer,
                      AVal *subscribepath,
                      AVal *usherToken,
                      int dStart,
                      int dStop,
                      int bLiveStream,
                      long timeout);

#ifdef __cplusplus
}
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The scheme of each protocol in lower case, by the RTMP_FEATURE bits of RTMP_LNK.protocol. */
extern const char RTMPProtocolStringsLower[][7];

/** The Flash version that is sent when a program gives none. */
extern const AVal RTMP_DefaultFlashVer;

/** Not 0 from RTMP_UserInterrupt on: a signal then ends a blocking call instead of being retried. */
extern int RTMP_ctrlC;

#ifdef __cplusplus
}
#endif

#endif /* __RTMP_H__ */
