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

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Appends a member's name to a class definition; nothing when memory is out.
 *
 * The caller promises:
 * `cd` is null or a class definition whose list came from this function or is null; `prop` is null or readable.
 */
void AMF3CD_AddProp(struct AMF3ClassDef *cd,
                    struct AVal *prop);

/**
 * The member's name at an index; an empty text when there is none, never NULL.
 *
 * The caller promises:
 * `cd` is null or a class definition whose names are readable.
 */
struct AVal *AMF3CD_GetProp(struct AMF3ClassDef *cd, int idx);

/**
 * Decodes an AMF3 property, or a value without a name when `bDecodeName` is 0. An empty name has no value. Returns
 * the bytes consumed, or -1.
 *
 * The caller promises:
 * As `AMFProp_Decode`.
 */
int AMF3Prop_Decode(struct AMFObjectProperty *prop,
                    const char *pBuffer,
                    int nSize,
                    int bDecodeName);

/**
 * Decodes an AMF3 object, its marker included when `bDecodeName` is not 0. Returns the bytes consumed, or -1 with the
 * properties before the bad one in `obj`. What was in `obj` before is not freed.
 *
 * The caller promises:
 * As `AMF_Decode`.
 */
int AMF3_Decode(struct AMFObject *obj,
                const char *pBuffer,
                int nSize,
                int bDecodeName);

/**
 * Decodes a property, or a value without a name when `bDecodeName` is 0. Returns the bytes consumed, or -1; then
 * what was decoded of name and type is in `prop`, and no object that would have to be freed.
 *
 * The caller promises:
 * `prop` is null or writable; `pBuffer` is null or points to `nSize` bytes, which must stay while `prop` is used.
 */
int AMFProp_Decode(struct AMFObjectProperty *prop,
                   const char *pBuffer,
                   int nSize,
                   int bDecodeName);

/**
 * Logs a property and, when it is an object or an array, what is in it.
 *
 * The caller promises:
 * `prop` is null or a property whose texts and objects are readable.
 */
void AMFProp_Dump(struct AMFObjectProperty *prop);

/**
 * Encodes a property: its name, unless it is empty or the value is null, and its value. Numbers, booleans, strings,
 * null, objects, ECMA and strict arrays can be encoded; NULL for any other.
 *
 * The caller promises:
 * `prop` is null or a property whose texts and objects are readable; `pBuffer` is null or writable up to `pBufEnd`.
 */
char *AMFProp_Encode(struct AMFObjectProperty *prop,
                     char *pBuffer,
                     char *pBufEnd);

/**
 * 1 unless the number is 0, whatever the type says.
 *
 * The caller promises:
 * `prop` is null or a property.
 */
int AMFProp_GetBoolean(struct AMFObjectProperty *prop);

/**
 * The name.
 *
 * The caller promises:
 * `prop` is null or a property; `name` is null or writable.
 */
void AMFProp_GetName(struct AMFObjectProperty *prop, struct AVal *name);

/**
 * The number, whatever the type says; 0 for NULL.
 *
 * The caller promises:
 * `prop` is null or a property.
 */
double AMFProp_GetNumber(struct AMFObjectProperty *prop);

/**
 * The object, its properties shared with the property; empty for any other type.
 *
 * The caller promises:
 * `prop` is null or a property; `obj` is null or writable.
 */
void AMFProp_GetObject(struct AMFObjectProperty *prop, struct AMFObject *obj);

/**
 * The text of a string; empty for any other type.
 *
 * The caller promises:
 * `prop` is null or a property; `str` is null or writable.
 */
void AMFProp_GetString(struct AMFObjectProperty *prop, struct AVal *str);

/**
 * The type; `AMF_INVALID` for NULL.
 *
 * The caller promises:
 * `prop` is null or a property.
 */
AMFDataType AMFProp_GetType(struct AMFObjectProperty *prop);

/**
 * 1 unless the type is `AMF_INVALID`.
 *
 * The caller promises:
 * `prop` is null or a property.
 */
int AMFProp_IsValid(struct AMFObjectProperty *prop);

/**
 * Makes a property invalid, freeing the object in it; its name stays.
 *
 * The caller promises:
 * `prop` is null or a property; an object in it has malloc'ed lists that nobody else uses.
 */
void AMFProp_Reset(struct AMFObjectProperty *prop);

/**
 * Makes the value a boolean; an object that was in it is not freed.
 *
 * The caller promises:
 * `prop` is null or writable.
 */
void AMFProp_SetBoolean(struct AMFObjectProperty *prop, int bflag);

/**
 * Sets the name; the text is not copied.
 *
 * The caller promises:
 * `prop` is null or writable; `name` is null or points to a text.
 */
void AMFProp_SetName(struct AMFObjectProperty *prop, struct AVal *name);

/**
 * Makes the value a number; an object that was in it is not freed.
 *
 * The caller promises:
 * `prop` is null or writable.
 */
void AMFProp_SetNumber(struct AMFObjectProperty *prop, double dval);

/**
 * Makes the value an object, whose list then belongs to the property; an object that was in it is not freed.
 *
 * The caller promises:
 * `prop` is null or writable; `obj` is null, which does nothing, or an object.
 */
void AMFProp_SetObject(struct AMFObjectProperty *prop,
                       struct AMFObject *obj);

/**
 * Makes the value a string; the text is not copied, and an object that was in the property is not freed.
 *
 * The caller promises:
 * `prop` is null or writable; `str` is null, which does nothing, or points to a text.
 */
void AMFProp_SetString(struct AMFObjectProperty *prop,
                       struct AVal *str);

/**
 * Appends a copy of a property; nothing when memory is out.
 *
 * The caller promises:
 * `obj` is null or an object whose list came from this library, or is malloc'ed with room for a multiple of 16;
 * `prop` is null or readable.
 */
void AMF_AddProp(struct AMFObject *obj,
                 const struct AMFObjectProperty *prop);

/**
 * The number of properties.
 *
 * The caller promises:
 * `obj` is null or an object.
 */
int AMF_CountProp(struct AMFObject *obj);

/**
 * Decodes properties (values without names when `bDecodeName` is 0) to the end of the object or of the input,
 * whichever comes first. Returns the bytes consumed, or -1 with the properties before the bad one in `obj`. What was
 * in `obj` before is not freed.
 *
 * The caller promises:
 * `obj` is null or writable; `pBuffer` is null or points to `nSize` bytes, which must stay while `obj` is used.
 */
int AMF_Decode(struct AMFObject *obj,
               const char *pBuffer,
               int nSize,
               int bDecodeName);

/**
 * Decodes `nArrayLen` properties, as `AMF_Decode` does.
 *
 * The caller promises:
 * As `AMF_Decode`.
 */
int AMF_DecodeArray(struct AMFObject *obj,
                    const char *pBuffer,
                    int nSize,
                    int nArrayLen,
                    int bDecodeName);

/**
 * Reads a boolean without its marker.
 *
 * The caller promises:
 * `data` is null or points to a byte.
 */
int AMF_DecodeBoolean(const char *data);

/**
 * Reads two bytes, the high one first.
 *
 * The caller promises:
 * `data` is null or points to two bytes.
 */
unsigned short AMF_DecodeInt16(const char *data);

/**
 * Reads three bytes, the high one first.
 *
 * The caller promises:
 * `data` is null or points to three bytes.
 */
unsigned int AMF_DecodeInt24(const char *data);

/**
 * Reads four bytes, the high one first.
 *
 * The caller promises:
 * `data` is null or points to four bytes.
 */
unsigned int AMF_DecodeInt32(const char *data);

/**
 * Reads a long string without its marker; the text stays where it is. A length above 2^31 - 1 comes out negative.
 *
 * The caller promises:
 * `data` is null or points to a 32-bit length and as many bytes; `str` is null or writable.
 */
void AMF_DecodeLongString(const char *data,
                          struct AVal *str);

/**
 * Reads a number without its marker.
 *
 * The caller promises:
 * `data` is null or points to eight bytes.
 */
double AMF_DecodeNumber(const char *data);

/**
 * Reads a string without its marker; the text stays where it is.
 *
 * The caller promises:
 * `data` is null or points to a 16-bit length and as many bytes; `str` is null or writable.
 */
void AMF_DecodeString(const char *data, struct AVal *str);

/**
 * Logs an object's properties between "(object begin)" and "(object end)".
 *
 * The caller promises:
 * `obj` is null or an object whose properties and texts are readable.
 */
void AMF_Dump(struct AMFObject *obj);

/**
 * Encodes an object. Properties from the first that cannot be encoded on are left out and logged; the end marker
 * follows all the same. Asks for one byte of room behind it.
 *
 * The caller promises:
 * `obj` is null or an object whose properties and texts are readable; `pBuffer` is null or writable up to `pBufEnd`.
 */
char *AMF_Encode(struct AMFObject *obj,
                 char *pBuffer,
                 char *pBufEnd);

/**
 * Encodes an object's properties as a strict array: a count and no end marker. Names, where there are any, are
 * written, as the reference does.
 *
 * The caller promises:
 * As `AMF_Encode`.
 */
char *AMF_EncodeArray(struct AMFObject *obj,
                      char *pBuffer,
                      char *pBufEnd);

/**
 * Encodes a boolean: anything but 0 is true.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`.
 */
char *AMF_EncodeBoolean(char *output, char *outend, int bVal);

/**
 * Encodes an object's properties as an ECMA array, as `AMF_Encode` does an object.
 *
 * The caller promises:
 * As `AMF_Encode`.
 */
char *AMF_EncodeEcmaArray(struct AMFObject *obj, char *pBuffer, char *pBufEnd);

/**
 * Writes two bytes, the high one first.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`.
 */
char *AMF_EncodeInt16(char *output, char *outend, short nVal);

/**
 * Writes the low three bytes, the high one first.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`.
 */
char *AMF_EncodeInt24(char *output, char *outend, int nVal);

/**
 * Writes four bytes, the high one first.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`.
 */
char *AMF_EncodeInt32(char *output, char *outend, int nVal);

/**
 * Encodes a name and a boolean.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`; `name` is null or points to a text.
 */
char *AMF_EncodeNamedBoolean(char *output, char *outend, const struct AVal *name, int bVal);

/**
 * Encodes a name and a number.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`; `name` is null or points to a text.
 */
char *AMF_EncodeNamedNumber(char *output, char *outend, const struct AVal *name, double dVal);

/**
 * Encodes a name and a string.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`; `name` and `value` are null or point to texts.
 */
char *AMF_EncodeNamedString(char *output,
                            char *outend,
                            const struct AVal *name,
                            const struct AVal *value);

/**
 * Encodes a number.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`.
 */
char *AMF_EncodeNumber(char *output, char *outend, double dVal);

/**
 * Encodes a string, as a long string from 65536 bytes on. Asks for the text's length and five bytes of room.
 *
 * The caller promises:
 * `output` is null or writable up to `outend`; `str` is null or points to a text.
 */
char *AMF_EncodeString(char *output,
                       char *outend,
                       const struct AVal *str);

/**
 * The property at an index or, when the index is negative, the first of this name. When there is none, a property
 * of type `AMF_INVALID`; never NULL.
 *
 * The caller promises:
 * `obj` is null or an object whose properties and names are readable; `name` is null or points to a text.
 */
struct AMFObjectProperty *AMF_GetProp(struct AMFObject *obj,
                                      const struct AVal *name,
                                      int nIndex);

/**
 * Frees an object's properties and makes it empty.
 *
 * The caller promises:
 * `obj` is null or an object whose lists are malloc'ed and used by nobody else.
 */
void AMF_Reset(struct AMFObject *obj);

#ifdef __cplusplus
}
#endif

#endif /* __AMF_H__ */
