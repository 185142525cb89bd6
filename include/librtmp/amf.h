/*
 * amf.h: values of the Action Message Format, and functions that write and read them.
 *
 * Made by `make headers` from src/capi and cbindgen/amf.toml; do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef __AMF_H__
#define __AMF_H__

#include <stdint.h>
#include <string.h>

#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif

/** The types of AMF0 values: the marker byte of each. */
typedef enum {
  AMF_NUMBER = 0,
  AMF_BOOLEAN = 1,
  AMF_STRING = 2,
  AMF_OBJECT = 3,
  /** Reserved by the format. */
  AMF_MOVIECLIP = 4,
  AMF_NULL = 5,
  AMF_UNDEFINED = 6,
  AMF_REFERENCE = 7,
  AMF_ECMA_ARRAY = 8,
  AMF_OBJECT_END = 9,
  AMF_STRICT_ARRAY = 10,
  AMF_DATE = 11,
  AMF_LONG_STRING = 12,
  AMF_UNSUPPORTED = 13,
  /** Reserved by the format. */
  AMF_RECORDSET = 14,
  AMF_XML_DOC = 15,
  AMF_TYPED_OBJECT = 16,
  /** The next value is an AMF3 one. */
  AMF_AVMPLUS = 17,
  /** No value: an empty or failed property. */
  AMF_INVALID = 0xff
} AMFDataType;

/** The types of AMF3 values: the marker byte of each. */
typedef enum {
  AMF3_UNDEFINED = 0,
  AMF3_NULL = 1,
  AMF3_FALSE = 2,
  AMF3_TRUE = 3,
  AMF3_INTEGER = 4,
  AMF3_DOUBLE = 5,
  AMF3_STRING = 6,
  AMF3_XML_DOC = 7,
  AMF3_DATE = 8,
  AMF3_ARRAY = 9,
  AMF3_OBJECT = 10,
  AMF3_XML = 11,
  AMF3_BYTE_ARRAY = 12
} AMF3DataType;

/** Initialises an AVal from a string literal. */
#define AVC(str) { str, sizeof(str) - 1 }

/** Whether two texts, given by pointers to AVal, are the same. */
#define AVMATCH(a1, a2) \
  ((a1)->av_len == (a2)->av_len && !memcmp((a1)->av_val, (a2)->av_val, (a1)->av_len))

/** A text with its length; it need not end with a NUL. */
typedef struct AVal {
  /** The bytes, or a null pointer. */
  char *av_val;
  /** How many there are. */
  int av_len;
} AVal;

/** An ordered list of properties: an object, or an array. */
typedef struct AMFObject {
  /** How many properties there are. */
  int o_num;
  /** The properties, in memory of malloc; AMF_Reset frees them. */
  struct AMFObjectProperty *o_props;
} AMFObject;

/** The value of a property; AMFObjectProperty.p_type says which member holds it. */
typedef union AMFObjectPropertyValue {
  /** Numbers, booleans (0 or 1) and dates (milliseconds since 1970). */
  double p_number;
  /** Strings and XML documents. */
  struct AVal p_aval;
  /** Objects and arrays. */
  struct AMFObject p_object;
} AMFObjectPropertyValue;

/** A value, with its name when it stands in an object. */
typedef struct AMFObjectProperty {
  /** The name; empty for an unnamed value. */
  struct AVal p_name;
  /** The type, of AMFDataType. */
  AMFDataType p_type;
  /** The value. */
  union AMFObjectPropertyValue p_vu;
  /** The time zone of a date, in minutes. */
  int16_t p_UTCoffset;
} AMFObjectProperty;

/** The traits of an AMF3 object: its class and the names of its sealed members. */
typedef struct AMF3ClassDef {
  /** The name of the class. */
  struct AVal cd_name;
  /** 1: the class writes itself, in a form of its own. */
  char cd_externalizable;
  /** 1: more members may follow the sealed ones. */
  char cd_dynamic;
  /** How many sealed members there are. */
  int cd_num;
  /** Their names, in memory of malloc. */
  struct AVal *cd_props;
} AMF3ClassDef;

#endif /* __AMF_H__ */
