/*
 * Prints the layout of every structure of the public headers and the value of every constant and macro. layout.txt
 * is what it prints with the reference's headers (64-bit Linux); with ours it has to print the same.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <librtmp/amf.h>
#include <librtmp/http.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#define TYPE(type) printf("%s: %zu bytes\n", #type, sizeof(type))
#define FIELD(type, field) \
  printf("  .%s at %zu, %zu bytes\n", #field, offsetof(type, field), sizeof(((type *)0)->field))
#define VALUE(name) printf("%s = %lld\n", #name, (long long)(name))

static void structures(void) {
  TYPE(AVal);
  FIELD(AVal, av_val);
  FIELD(AVal, av_len);
  TYPE(AMFObject);
  FIELD(AMFObject, o_num);
  FIELD(AMFObject, o_props);
  TYPE(AMFObjectProperty);
  FIELD(AMFObjectProperty, p_name);
  FIELD(AMFObjectProperty, p_type);
  FIELD(AMFObjectProperty, p_vu);
  FIELD(AMFObjectProperty, p_vu.p_number);
  FIELD(AMFObjectProperty, p_vu.p_aval);
  FIELD(AMFObjectProperty, p_vu.p_object);
  FIELD(AMFObjectProperty, p_UTCoffset);
  TYPE(AMF3ClassDef);
  FIELD(AMF3ClassDef, cd_name);
  FIELD(AMF3ClassDef, cd_externalizable);
  FIELD(AMF3ClassDef, cd_dynamic);
  FIELD(AMF3ClassDef, cd_num);
  FIELD(AMF3ClassDef, cd_props);
  TYPE(struct HTTP_ctx);
  FIELD(struct HTTP_ctx, date);
  FIELD(struct HTTP_ctx, size);
  FIELD(struct HTTP_ctx, status);
  FIELD(struct HTTP_ctx, data);
  TYPE(RTMPChunk);
  FIELD(RTMPChunk, c_headerSize);
  FIELD(RTMPChunk, c_chunkSize);
  FIELD(RTMPChunk, c_chunk);
  FIELD(RTMPChunk, c_header);
  TYPE(RTMPPacket);
  FIELD(RTMPPacket, m_headerType);
  FIELD(RTMPPacket, m_packetType);
  FIELD(RTMPPacket, m_hasAbsTimestamp);
  FIELD(RTMPPacket, m_nChannel);
  FIELD(RTMPPacket, m_nTimeStamp);
  FIELD(RTMPPacket, m_nInfoField2);
  FIELD(RTMPPacket, m_nBodySize);
  FIELD(RTMPPacket, m_nBytesRead);
  FIELD(RTMPPacket, m_chunk);
  FIELD(RTMPPacket, m_body);
  TYPE(RTMPSockBuf);
  FIELD(RTMPSockBuf, sb_socket);
  FIELD(RTMPSockBuf, sb_size);
  FIELD(RTMPSockBuf, sb_start);
  FIELD(RTMPSockBuf, sb_buf);
  FIELD(RTMPSockBuf, sb_timedout);
  FIELD(RTMPSockBuf, sb_ssl);
  TYPE(RTMP_LNK);
  FIELD(RTMP_LNK, hostname);
  FIELD(RTMP_LNK, sockshost);
  FIELD(RTMP_LNK, playpath0);
  FIELD(RTMP_LNK, playpath);
  FIELD(RTMP_LNK, tcUrl);
  FIELD(RTMP_LNK, swfUrl);
  FIELD(RTMP_LNK, pageUrl);
  FIELD(RTMP_LNK, app);
  FIELD(RTMP_LNK, auth);
  FIELD(RTMP_LNK, flashVer);
  FIELD(RTMP_LNK, subscribepath);
  FIELD(RTMP_LNK, usherToken);
  FIELD(RTMP_LNK, token);
  FIELD(RTMP_LNK, pubUser);
  FIELD(RTMP_LNK, pubPasswd);
  FIELD(RTMP_LNK, extras);
  FIELD(RTMP_LNK, edepth);
  FIELD(RTMP_LNK, seekTime);
  FIELD(RTMP_LNK, stopTime);
  FIELD(RTMP_LNK, lFlags);
  FIELD(RTMP_LNK, swfAge);
  FIELD(RTMP_LNK, protocol);
  FIELD(RTMP_LNK, timeout);
  FIELD(RTMP_LNK, pFlags);
  FIELD(RTMP_LNK, socksport);
  FIELD(RTMP_LNK, port);
  FIELD(RTMP_LNK, dh);
  FIELD(RTMP_LNK, rc4keyIn);
  FIELD(RTMP_LNK, rc4keyOut);
  FIELD(RTMP_LNK, SWFSize);
  FIELD(RTMP_LNK, SWFHash);
  FIELD(RTMP_LNK, SWFVerificationResponse);
  TYPE(RTMP_READ);
  FIELD(RTMP_READ, buf);
  FIELD(RTMP_READ, bufpos);
  FIELD(RTMP_READ, buflen);
  FIELD(RTMP_READ, timestamp);
  FIELD(RTMP_READ, dataType);
  FIELD(RTMP_READ, flags);
  FIELD(RTMP_READ, status);
  FIELD(RTMP_READ, initialFrameType);
  FIELD(RTMP_READ, nResumeTS);
  FIELD(RTMP_READ, metaHeader);
  FIELD(RTMP_READ, initialFrame);
  FIELD(RTMP_READ, nMetaHeaderSize);
  FIELD(RTMP_READ, nInitialFrameSize);
  FIELD(RTMP_READ, nIgnoredFrameCounter);
  FIELD(RTMP_READ, nIgnoredFlvFrameCounter);
  TYPE(RTMP_METHOD);
  FIELD(RTMP_METHOD, name);
  FIELD(RTMP_METHOD, num);
  TYPE(RTMP);
  FIELD(RTMP, m_inChunkSize);
  FIELD(RTMP, m_outChunkSize);
  FIELD(RTMP, m_nBWCheckCounter);
  FIELD(RTMP, m_nBytesIn);
  FIELD(RTMP, m_nBytesInSent);
  FIELD(RTMP, m_nBufferMS);
  FIELD(RTMP, m_stream_id);
  FIELD(RTMP, m_mediaChannel);
  FIELD(RTMP, m_mediaStamp);
  FIELD(RTMP, m_pauseStamp);
  FIELD(RTMP, m_pausing);
  FIELD(RTMP, m_nServerBW);
  FIELD(RTMP, m_nClientBW);
  FIELD(RTMP, m_nClientBW2);
  FIELD(RTMP, m_bPlaying);
  FIELD(RTMP, m_bSendEncoding);
  FIELD(RTMP, m_bSendCounter);
  FIELD(RTMP, m_numInvokes);
  FIELD(RTMP, m_numCalls);
  FIELD(RTMP, m_methodCalls);
  FIELD(RTMP, m_channelsAllocatedIn);
  FIELD(RTMP, m_channelsAllocatedOut);
  FIELD(RTMP, m_vecChannelsIn);
  FIELD(RTMP, m_vecChannelsOut);
  FIELD(RTMP, m_channelTimestamp);
  FIELD(RTMP, m_fAudioCodecs);
  FIELD(RTMP, m_fVideoCodecs);
  FIELD(RTMP, m_fEncoding);
  FIELD(RTMP, m_fDuration);
  FIELD(RTMP, m_msgCounter);
  FIELD(RTMP, m_polling);
  FIELD(RTMP, m_resplen);
  FIELD(RTMP, m_unackd);
  FIELD(RTMP, m_clientID);
  FIELD(RTMP, m_read);
  FIELD(RTMP, m_write);
  FIELD(RTMP, m_sb);
  FIELD(RTMP, Link);
}

static void enumerations(void) {
  TYPE(AMFDataType);
  VALUE(AMF_NUMBER);
  VALUE(AMF_BOOLEAN);
  VALUE(AMF_STRING);
  VALUE(AMF_OBJECT);
  VALUE(AMF_MOVIECLIP);
  VALUE(AMF_NULL);
  VALUE(AMF_UNDEFINED);
  VALUE(AMF_REFERENCE);
  VALUE(AMF_ECMA_ARRAY);
  VALUE(AMF_OBJECT_END);
  VALUE(AMF_STRICT_ARRAY);
  VALUE(AMF_DATE);
  VALUE(AMF_LONG_STRING);
  VALUE(AMF_UNSUPPORTED);
  VALUE(AMF_RECORDSET);
  VALUE(AMF_XML_DOC);
  VALUE(AMF_TYPED_OBJECT);
  VALUE(AMF_AVMPLUS);
  VALUE(AMF_INVALID);
  TYPE(AMF3DataType);
  VALUE(AMF3_UNDEFINED);
  VALUE(AMF3_NULL);
  VALUE(AMF3_FALSE);
  VALUE(AMF3_TRUE);
  VALUE(AMF3_INTEGER);
  VALUE(AMF3_DOUBLE);
  VALUE(AMF3_STRING);
  VALUE(AMF3_XML_DOC);
  VALUE(AMF3_DATE);
  VALUE(AMF3_ARRAY);
  VALUE(AMF3_OBJECT);
  VALUE(AMF3_XML);
  VALUE(AMF3_BYTE_ARRAY);
  TYPE(HTTPResult);
  VALUE(HTTPRES_OK);
  VALUE(HTTPRES_OK_NOT_MODIFIED);
  VALUE(HTTPRES_NOT_FOUND);
  VALUE(HTTPRES_BAD_REQUEST);
  VALUE(HTTPRES_SERVER_ERROR);
  VALUE(HTTPRES_REDIRECTED);
  VALUE(HTTPRES_LOST_CONNECTION);
  TYPE(RTMP_LogLevel);
  VALUE(RTMP_LOGCRIT);
  VALUE(RTMP_LOGERROR);
  VALUE(RTMP_LOGWARNING);
  VALUE(RTMP_LOGINFO);
  VALUE(RTMP_LOGDEBUG);
  VALUE(RTMP_LOGDEBUG2);
  VALUE(RTMP_LOGALL);
}

static void macros(void) {
  VALUE(RTMP_LIB_VERSION);
  VALUE(RTMP_FEATURE_HTTP);
  VALUE(RTMP_FEATURE_ENC);
  VALUE(RTMP_FEATURE_SSL);
  VALUE(RTMP_FEATURE_MFP);
  VALUE(RTMP_FEATURE_WRITE);
  VALUE(RTMP_FEATURE_HTTP2);
  VALUE(RTMP_PROTOCOL_UNDEFINED);
  VALUE(RTMP_PROTOCOL_RTMP);
  VALUE(RTMP_PROTOCOL_RTMPE);
  VALUE(RTMP_PROTOCOL_RTMPT);
  VALUE(RTMP_PROTOCOL_RTMPS);
  VALUE(RTMP_PROTOCOL_RTMPTE);
  VALUE(RTMP_PROTOCOL_RTMPTS);
  VALUE(RTMP_PROTOCOL_RTMFP);
  VALUE(RTMP_DEFAULT_CHUNKSIZE);
  VALUE(RTMP_BUFFER_CACHE_SIZE);
  VALUE(RTMP_CHANNELS);
  VALUE(RTMP_MAX_HEADER_SIZE);
  VALUE(RTMP_SWF_HASHLEN);
  VALUE(RTMP_PACKET_TYPE_CHUNK_SIZE);
  VALUE(RTMP_PACKET_TYPE_BYTES_READ_REPORT);
  VALUE(RTMP_PACKET_TYPE_CONTROL);
  VALUE(RTMP_PACKET_TYPE_SERVER_BW);
  VALUE(RTMP_PACKET_TYPE_CLIENT_BW);
  VALUE(RTMP_PACKET_TYPE_AUDIO);
  VALUE(RTMP_PACKET_TYPE_VIDEO);
  VALUE(RTMP_PACKET_TYPE_FLEX_STREAM_SEND);
  VALUE(RTMP_PACKET_TYPE_FLEX_SHARED_OBJECT);
  VALUE(RTMP_PACKET_TYPE_FLEX_MESSAGE);
  VALUE(RTMP_PACKET_TYPE_INFO);
  VALUE(RTMP_PACKET_TYPE_SHARED_OBJECT);
  VALUE(RTMP_PACKET_TYPE_INVOKE);
  VALUE(RTMP_PACKET_TYPE_FLASH_VIDEO);
  VALUE(RTMP_PACKET_SIZE_LARGE);
  VALUE(RTMP_PACKET_SIZE_MEDIUM);
  VALUE(RTMP_PACKET_SIZE_SMALL);
  VALUE(RTMP_PACKET_SIZE_MINIMUM);
  VALUE(RTMP_LF_AUTH);
  VALUE(RTMP_LF_LIVE);
  VALUE(RTMP_LF_SWFV);
  VALUE(RTMP_LF_PLST);
  VALUE(RTMP_LF_BUFX);
  VALUE(RTMP_LF_FTCU);
  VALUE(RTMP_LF_FAPU);
  VALUE(RTMP_READ_HEADER);
  VALUE(RTMP_READ_RESUME);
  VALUE(RTMP_READ_NO_IGNORE);
  VALUE(RTMP_READ_GOTKF);
  VALUE(RTMP_READ_GOTFLVK);
  VALUE(RTMP_READ_SEEKING);
  VALUE(RTMP_READ_COMPLETE);
  VALUE(RTMP_READ_ERROR);
  VALUE(RTMP_READ_EOF);
  VALUE(RTMP_READ_IGNORE);
  VALUE(TRUE);
  VALUE(FALSE);
#ifdef CRYPTO
  printf("CRYPTO is defined\n");
#endif
}

/* The macros with arguments, by what they do. */
static void macros_with_arguments(void) {
  AVal text = AVC("text"), same = AVC("text"), shorter = AVC("tex"), other = AVC("test");
  RTMPPacket packet;
  memset(&packet, 0, sizeof(packet));
  printf("AVC: %s, %d\n", text.av_val, text.av_len);
  printf("AVMATCH: %d %d %d\n", AVMATCH(&text, &same) != 0, AVMATCH(&text, &shorter) != 0, AVMATCH(&text, &other) != 0);
  printf("RTMPPacket_IsReady: %d", RTMPPacket_IsReady(&packet) != 0);
  packet.m_nBodySize = 1;
  printf(" %d\n", RTMPPacket_IsReady(&packet) != 0);
}

int main(void) {
  structures();
  enumerations();
  macros();
  macros_with_arguments();
  return 0;
}
