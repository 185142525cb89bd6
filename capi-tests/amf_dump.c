/* The log lines of the dumps, which programs parse, through a callback that formats what it is given. */
#include "amf_common.h"
#include <math.h>

static void print(int level, const char *format, va_list arguments) {
    char line[4096];
    int length = vsnprintf(line, sizeof line, format, arguments);
    printf("%d %d |%s|\n", level, length, line);
}

static void numbers(void) {
    static const double values[] = {0, -0.0, 1.5, -0.005, 0.125, 0.375, 123456789.125, 1e15, 1e300, -1e300};
    AMFObjectProperty property = {TEXT("n"), AMF_NUMBER, {.p_number = 0}, 0};
    unsigned i;
    for (i = 0; i < sizeof values / sizeof *values; i++) {
        property.p_type = AMF_NUMBER;
        property.p_vu.p_number = values[i];
        AMFProp_Dump(&property);
        property.p_type = AMF_BOOLEAN;
        AMFProp_Dump(&property);
        property.p_type = AMF_DATE;
        property.p_UTCoffset = (int16_t)(i * -60);
        AMFProp_Dump(&property);
    }
    property.p_type = AMF_NUMBER;
    property.p_vu.p_number = NAN;
    AMFProp_Dump(&property);
    property.p_vu.p_number = -INFINITY;
    AMFProp_Dump(&property);
}

static void types(void) {
    int type;
    for (type = 0; type <= 20; type++) {
        AMFObjectProperty property;
        memset(&property, 0, sizeof property);
        property.p_name.av_val = (char *)"name";
        property.p_name.av_len = 4;
        property.p_type = type == 20 ? (AMFDataType)0x12345 : type == 19 ? AMF_INVALID : (AMFDataType)type;
        AMFProp_Dump(&property);
    }
}

static void texts(void) {
    static char name[600], value[3000];
    static const int name_lengths[] = {0, 1, 17, 18, 19, 255, 256, 600};
    static const int value_lengths[] = {0, 1, 245, 246, 247, 254, 255, 256, 3000};
    AMFObjectProperty property = {TEXT("n"), AMF_STRING, {.p_number = 0}, 0};
    AVal odd = TEXT("a%sb%n"), zero = TEXT("x\0y"), none = {0, 0};
    unsigned i;
    memset(name, 'n', sizeof name);
    memset(value, 'v', sizeof value);
    for (i = 0; i < sizeof name_lengths / sizeof *name_lengths; i++) {
        property.p_name.av_val = name;
        property.p_name.av_len = name_lengths[i];
        property.p_vu.p_aval.av_val = value;
        property.p_vu.p_aval.av_len = 3;
        AMFProp_Dump(&property);
    }
    for (i = 0; i < sizeof value_lengths / sizeof *value_lengths; i++) {
        property.p_name = zero;
        property.p_vu.p_aval.av_len = value_lengths[i];
        AMFProp_Dump(&property);
    }
    property.p_name = property.p_vu.p_aval = odd;
    AMFProp_Dump(&property);
    property.p_vu.p_aval = zero;
    AMFProp_Dump(&property);
    property.p_vu.p_aval = none;
    AMFProp_Dump(&property);
}

static void objects(void) {
    static const AMFDataType kinds[] = {AMF_OBJECT, AMF_ECMA_ARRAY, AMF_STRICT_ARRAY};
    AMFObjectProperty inner[] = {
        {TEXT("x"), AMF_NUMBER, {.p_number = 1}, 0},
        {{0, 0}, AMF_STRING, {.p_aval = TEXT("unnamed")}, 0},
        {TEXT("nothing"), AMF_NULL, {.p_number = 0}, 0},
    };
    AMFObjectProperty list[] = {
        {TEXT("code"), AMF_STRING, {.p_aval = TEXT("NetStream.Play.Start")}, 0},
        {TEXT("inner"), AMF_OBJECT, {.p_object = {3, inner}}, 0},
        {TEXT("redirect"), AMF_STRING, {.p_aval = TEXT("rtmp://example.com/live")}, 0},
    };
    AMFObject object = {3, list}, empty = {0, NULL};
    unsigned i;
    for (i = 0; i < 3; i++) {
        list[1].p_type = kinds[i];
        AMF_Dump(&object);
        AMFProp_Dump(&list[1]);
    }
    AMF_Dump(&empty);
}

static void all(void) {
    numbers();
    types();
    texts();
    objects();
}

int main(void) {
    RTMP_LogSetCallback(print);
    RTMP_LogSetLevel(RTMP_LOGALL);
    all();
    RTMP_LogSetLevel(RTMP_LOGINFO);
    all();
    RTMP_LogSetLevel(RTMP_LOGDEBUG);
    objects();
    return 0;
}
