/* Every encoder with every amount of room around what it needs, and what it does beyond the end it was given. */
#include "amf_common.h"

#define GUARD 64
#define MARK ((char)0xee)

static char memory[200000];
static char big[70000];

static char *run(const char *name, int room, char *result) {
    static char before[4096], now[4096];
    int i, used = 0, past = 0;
    if (result == NULL) {
        strcpy(now, "NULL");
    } else {
        used = sprintf(now, "+%ld", (long)(result - memory));
        for (i = 0; i < result - memory && i < 80; i++)
            used += sprintf(now + used, " %02x", memory[i] & 0xff);
    }
    for (i = 0; i < GUARD; i++)
        past |= memory[room + i] != MARK;
    if (past)
        strcat(now, " WRITES PAST THE END");
    if (room == 0 || strcmp(before, now) != 0)
        printf("%s, room %d: %s\n", name, room, now);
    strcpy(before, now);
    return result;
}

#define ROOMS(most, call)                                   \
    do {                                                    \
        int room;                                           \
        for (room = 0; room <= (most); room++) {            \
            char *end = memory + room;                      \
            memset(memory, MARK, (size_t)room + GUARD);     \
            run(#call, room, call);                         \
        }                                                   \
    } while (0)

static void scalars(void) {
    AVal ab = TEXT("ab"), none = {0, 0}, name = TEXT("name");
    ROOMS(12, AMF_EncodeString(memory, end, &ab));
    ROOMS(12, AMF_EncodeString(memory, end, &none));
    ROOMS(12, AMF_EncodeNumber(memory, end, 1.5));
    ROOMS(12, AMF_EncodeNumber(memory, end, -0.0));
    ROOMS(6, AMF_EncodeInt16(memory, end, -2));
    ROOMS(6, AMF_EncodeInt24(memory, end, 0x12345678));
    ROOMS(6, AMF_EncodeInt32(memory, end, -3));
    ROOMS(6, AMF_EncodeBoolean(memory, end, 7));
    ROOMS(6, AMF_EncodeBoolean(memory, end, 0));
    ROOMS(20, AMF_EncodeNamedString(memory, end, &name, &ab));
    ROOMS(20, AMF_EncodeNamedNumber(memory, end, &name, 1));
    ROOMS(12, AMF_EncodeNamedBoolean(memory, end, &name, 1));
    ROOMS(12, AMF_EncodeNamedBoolean(memory, end, &none, -1));
}

static void long_strings(void) {
    int length, extra;
    memset(big, 'b', sizeof big);
    for (length = 65534; length <= 65537; length++)
        for (extra = 2; extra <= 6; extra++) {
            AVal text = {big, length};
            char *result = AMF_EncodeString(memory, memory + length + extra, &text);
            printf("string of %d, room %d more: %ld, %02x\n", length, extra, result ? (long)(result - memory) : -1L,
                   result ? memory[0] & 0xff : 0);
        }
}

static void long_names(void) {
    int length;
    for (length = 65534; length <= 65537; length++) {
        AVal name = {big, length};
        char *result = AMF_EncodeNamedBoolean(memory, memory + sizeof memory, &name, 1);
        printf("name of %d: %ld\n", length, result ? (long)(result - memory) : -1L);
    }
}

static void properties(void) {
    int type, named;
    for (type = 0; type <= 18; type++)
        for (named = 0; named <= 1; named++) {
            AMFObjectProperty property;
            memset(&property, 0, sizeof property);
            property.p_type = type == 18 ? AMF_INVALID : (AMFDataType)type;
            if (named) {
                property.p_name.av_val = (char *)"key";
                property.p_name.av_len = 3;
            }
            if (type == AMF_STRING || type == AMF_LONG_STRING || type == AMF_XML_DOC) {
                property.p_vu.p_aval.av_val = (char *)"value";
                property.p_vu.p_aval.av_len = 5;
            }
            printf("type %d, %s\n", type, named ? "named" : "unnamed");
            ROOMS(24, AMFProp_Encode(&property, memory, end));
        }
}

static void objects(void) {
    static const AMFDataType kinds[] = {AMF_OBJECT, AMF_ECMA_ARRAY, AMF_STRICT_ARRAY};
    AMFObjectProperty list[3] = {
        {TEXT("x"), AMF_NUMBER, {.p_number = 1}, 0},
        {TEXT("bad"), AMF_UNDEFINED, {.p_number = 1}, 0},
        {TEXT("y"), AMF_BOOLEAN, {.p_number = 1}, 0},
    };
    AMFObjectProperty nested = {TEXT("k"), AMF_OBJECT, {.p_number = 0}, 0};
    AMFObject object = {0, list}, outer = {1, &nested};
    unsigned i;
    for (object.o_num = 0; object.o_num <= 3; object.o_num++) {
        printf("%d properties\n", object.o_num);
        ROOMS(40, AMF_Encode(&object, memory, end));
        ROOMS(40, AMF_EncodeEcmaArray(&object, memory, end));
        ROOMS(40, AMF_EncodeArray(&object, memory, end));
    }
    list[1].p_type = AMF_NULL;
    object.o_num = 3;
    for (i = 0; i < 3; i++) {
        nested.p_type = kinds[i];
        nested.p_vu.p_object = object;
        printf("nested %d\n", kinds[i]);
        ROOMS(60, AMF_Encode(&outer, memory, end));
        ROOMS(60, AMF_EncodeEcmaArray(&outer, memory, end));
        ROOMS(60, AMF_EncodeArray(&outer, memory, end));
    }
}

int main(void) {
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    scalars();
    long_strings();
    long_names();
    properties();
    objects();
    return 0;
}
