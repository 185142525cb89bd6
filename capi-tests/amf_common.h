/* What the AMF programs share: bytes from hexadecimal text, and a printer for decoded values. */
#include <librtmp/amf.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) {(char *)literal, sizeof(literal) - 1}

/* Exported by both libraries and declared in no header of the reference. */
extern int AMF3ReadInteger(const char *data, int32_t *value);
extern int AMF3ReadString(const char *data, AVal *text);
extern int RTMP_FindPrefixProperty(AMFObject *object, const AVal *name, AMFObjectProperty *found);

static inline int unhex(const char *text, char *bytes) {
    int length = 0;
    unsigned value;
    while (*text) {
        if (*text == ' ') {
            text++;
        } else {
            sscanf(text, "%2x", &value);
            bytes[length++] = (char)value;
            text += 2;
        }
    }
    return length;
}

#define INPUT_ROOM 400000

/* A text by its place in the input, because nothing is copied; one from elsewhere as it is. An empty text's address
   means nothing. */
static inline void show_text(const AVal *text, const char *input) {
    if (text->av_len == 0)
        printf("[]");
    else if (text->av_val >= input && text->av_val < input + INPUT_ROOM)
        printf("[%ld+%d]", (long)(text->av_val - input), text->av_len);
    else
        printf("[%.*s]", text->av_len, text->av_val);
}

static inline void show_object(const AMFObject *object, const char *input);

static inline void show_property(const AMFObjectProperty *property, const char *input) {
    show_text(&property->p_name, input);
    printf(":%d", property->p_type);
    switch (property->p_type) {
    case AMF_NUMBER:
    case AMF_BOOLEAN:
        printf("=%g", property->p_vu.p_number);
        break;
    case AMF_DATE:
        printf("=%g,%d", property->p_vu.p_number, property->p_UTCoffset);
        break;
    case AMF_STRING:
    case AMF_XML_DOC:
        printf("=");
        show_text(&property->p_vu.p_aval, input);
        break;
    case AMF_OBJECT:
    case AMF_ECMA_ARRAY:
    case AMF_STRICT_ARRAY:
        show_object(&property->p_vu.p_object, input);
        break;
    default:
        break;
    }
}

static inline void show_object(const AMFObject *object, const char *input) {
    int i;
    printf("{");
    for (i = 0; i < object->o_num; i++) {
        printf(i ? " " : "");
        show_property(&object->o_props[i], input);
    }
    printf("}");
}
