/* Every decoder on good input, on the same input cut at every byte, and on input that nests or repeats too much;
   then the functions that read and change what was decoded. */
#include "amf_common.h"

/* What follows the input is the same for both libraries, because the reference may read it. */
static char input[INPUT_ROOM];

static int load(const char *text) {
    memset(input, 0, 4096);
    return unhex(text, input);
}

static void object_result(const char *what, int size, int result, AMFObject *object) {
    printf("%s of %d: %d ", what, size, result);
    show_object(object, input);
    printf("\n");
    AMF_Reset(object);
    if (object->o_num != 0 || object->o_props != NULL)
        printf("AMF_Reset leaves something\n");
}

static void objects(const char *text, int named) {
    int size, length = load(text);
    printf("AMF_Decode %s, %s\n", text, named ? "named" : "unnamed");
    for (size = 0; size <= length; size++) {
        AMFObject object = {5, (AMFObjectProperty *)input};
        int result = AMF_Decode(&object, input, size, named);
        object_result("object", size, result, &object);
    }
}

static void arrays(const char *text, int named) {
    int size, count, length = load(text);
    printf("AMF_DecodeArray %s, %s\n", text, named ? "named" : "unnamed");
    for (count = -1; count <= 3; count++)
        for (size = 0; size <= length; size++) {
            AMFObject object = {5, (AMFObjectProperty *)input};
            int result = AMF_DecodeArray(&object, input, size, count, named);
            printf("%d ", count);
            object_result("array", size, result, &object);
        }
}

static void amf3_objects(const char *text) {
    AMFObject object = {5, (AMFObjectProperty *)input};
    int length = load(text);
    int result = AMF3_Decode(&object, input, length, 1);
    printf("AMF3_Decode %s\n", text);
    object_result("object", length, result, &object);
}

/* On failure, what is in the value is nobody's business, but name and type are as far as they were read. */
static void property(const char *text, int named, int amf3) {
    int size, length = load(text);
    printf("%s %s, %s\n", amf3 ? "AMF3Prop_Decode" : "AMFProp_Decode", text, named ? "named" : "unnamed");
    for (size = amf3 ? length : 0; size <= length; size++) {
        AMFObjectProperty property;
        int result;
        memset(&property, 0, sizeof property);
        property.p_type = AMF_INVALID;
        result = amf3 ? AMF3Prop_Decode(&property, input, size, named) : AMFProp_Decode(&property, input, size, named);
        printf("property of %d: %d ", size, result);
        if (result >= 0) {
            show_property(&property, input);
        } else {
            show_text(&property.p_name, input);
            printf(":%d", property.p_type);
        }
        printf("\n");
        AMFProp_Reset(&property);
    }
}

static void depth(int levels) {
    AMFObject object = {0, NULL};
    int i, size = 0, result;
    for (i = 0; i < levels; i++) {
        memcpy(input + size, "\0\1k\3", 4);
        size += 4;
    }
    for (i = 0; i < levels; i++) {
        memcpy(input + size, "\0\0\11", 3);
        size += 3;
    }
    result = AMF_Decode(&object, input, size, 1);
    printf("%d objects deep: %s\n", levels, result == size ? "decoded" : "refused");
    AMF_Reset(&object);
}

static void many(int count) {
    AMFObject object = {0, NULL};
    int result;
    memset(input, AMF_NULL, (size_t)count);
    result = AMF_Decode(&object, input, count, 0);
    printf("%d nulls: %s\n", count, result == count ? "decoded" : "refused");
    AMF_Reset(&object);
    memset(input, 0, (size_t)count);
}

static void scalars(void) {
    static const char *const integers[] = {"00", "7f", "8100", "ff7f", "818000", "ffff7f", "80c08000", "80ffff7f", "c0808000",
                                           "ffffff00"};
    AVal text = TEXT("before");
    unsigned i;
    printf("%u %u %u\n", AMF_DecodeInt16("\xff\xfe"), AMF_DecodeInt24("\xff\xfe\xfd"), AMF_DecodeInt32("\xff\xfe\xfd\xfc"));
    printf("%d %d %g\n", AMF_DecodeBoolean("\2"), AMF_DecodeBoolean("\0"), AMF_DecodeNumber("\x40\x09\0\0\0\0\0\0"));
    load("0003616263");
    AMF_DecodeString(input, &text);
    show_text(&text, input);
    load("0000");
    AMF_DecodeString(input, &text);
    show_text(&text, input);
    load("00000003616263");
    AMF_DecodeLongString(input, &text);
    show_text(&text, input);
    printf("\n");
    for (i = 0; i < sizeof integers / sizeof *integers; i++) {
        int32_t value = 5;
        int length;
        load(integers[i]);
        length = AMF3ReadInteger(input, &value);
        printf("AMF3ReadInteger %s: %d %d\n", integers[i], length, value);
    }
    load("07616263");
    printf("AMF3ReadString: %d ", AMF3ReadString(input, &text));
    show_text(&text, input);
    load("06616263");
    printf(" %d ", AMF3ReadString(input, &text));
    show_text(&text, input);
    printf("\n");
}

static void lookups(void) {
    AMFObjectProperty inner[] = {
        {TEXT("x"), AMF_NUMBER, {.p_number = 1}, 0},
        {TEXT("target"), AMF_NUMBER, {.p_number = 2}, 0},
        {TEXT("target1"), AMF_NUMBER, {.p_number = 3}, 0},
    };
    AMFObjectProperty list[] = {
        {TEXT("a"), AMF_OBJECT, {.p_object = {3, inner}}, 0},
        {TEXT("target"), AMF_NUMBER, {.p_number = 4}, 0},
        {TEXT("target2"), AMF_NUMBER, {.p_number = 5}, 0},
    };
    static const AMFDataType kinds[] = {AMF_OBJECT, AMF_ECMA_ARRAY, AMF_STRICT_ARRAY};
    AMFObject object = {3, list}, none = {0, NULL};
    AVal name = TEXT("target"), other = TEXT("other"), empty = {0, 0};
    AMFObjectProperty found = {TEXT("untouched"), AMF_INVALID, {.p_number = 0}, 0};
    AMFObjectProperty *at;
    unsigned i;
    for (i = 0; i < 3; i++) {
        list[0].p_type = kinds[i];
        printf("%d", RTMP_FindFirstMatchingProperty(&object, &name, &found));
        printf(" %g,", found.p_vu.p_number);
        printf(" %d", RTMP_FindPrefixProperty(&object, &name, &found));
        printf(" %g\n", found.p_vu.p_number);
    }
    printf("%d %d %d %d\n", RTMP_FindFirstMatchingProperty(&object, &other, &found),
           RTMP_FindPrefixProperty(&object, &other, &found), RTMP_FindFirstMatchingProperty(&none, &name, &found),
           RTMP_FindPrefixProperty(&none, &empty, &found));
    printf("%ld %ld %ld\n", (long)(AMF_GetProp(&object, NULL, 0) - list), (long)(AMF_GetProp(&object, &other, 2) - list),
           (long)(AMF_GetProp(&object, &name, -1) - list));
    at = AMF_GetProp(&object, &other, -1);
    printf("none: type %d valid %d same %d\n", AMFProp_GetType(at), AMFProp_IsValid(at), at == AMF_GetProp(&object, NULL, 3));
}

static void getters(void) {
    int type;
    for (type = 0; type <= 18; type++) {
        AMFObjectProperty property = {TEXT("name"), (AMFDataType)type, {.p_number = 2}, 0};
        AMFObject object = {9, NULL};
        AVal text = TEXT("before"), name;
        printf("type %d: %g %d valid %d", type, AMFProp_GetNumber(&property), AMFProp_GetBoolean(&property),
               AMFProp_IsValid(&property));
        property.p_vu.p_aval.av_val = input;
        property.p_vu.p_aval.av_len = 3;
        AMFProp_GetString(&property, &text);
        printf(" string %d", text.av_len);
        AMFProp_GetObject(&property, &object);
        printf(" object %d", type == AMF_OBJECT ? object.o_props == (AMFObjectProperty *)0 : object.o_num);
        AMFProp_SetName(&property, &text);
        AMFProp_GetName(&property, &name);
        printf(" name %d\n", name.av_len);
    }
}

static void lists(void) {
    AMFObject object = {0, NULL};
    AMF3ClassDef class;
    int i;
    for (i = 0; i < 100; i++) {
        AMFObjectProperty property = {TEXT("k"), AMF_NUMBER, {.p_number = i}, 0};
        AMF_AddProp(&object, &property);
    }
    printf("%d properties, the last %g\n", AMF_CountProp(&object), AMFProp_GetNumber(AMF_GetProp(&object, NULL, 99)));
    AMF_Reset(&object);
    /* A decoded list can be added to. */
    for (i = 15; i <= 17; i++) {
        AMFObjectProperty property = {TEXT("k"), AMF_NUMBER, {.p_number = i}, 0};
        memset(input, AMF_NULL, (size_t)i);
        printf("%d ", AMF_Decode(&object, input, i, 0));
        AMF_AddProp(&object, &property);
        AMF_AddProp(&object, &property);
        printf("%d %g\n", AMF_CountProp(&object), AMFProp_GetNumber(AMF_GetProp(&object, NULL, i + 1)));
        AMF_Reset(&object);
    }
    memset(&class, 0, sizeof class);
    for (i = 0; i < 40; i++) {
        AVal name = {input, i};
        AMF3CD_AddProp(&class, &name);
    }
    printf("%d members, %d %d, past the end %d\n", class.cd_num, AMF3CD_GetProp(&class, 0)->av_len,
           AMF3CD_GetProp(&class, 39)->av_len, AMF3CD_GetProp(&class, 40)->av_len);
    free(class.cd_props);
}

int main(void) {
    static const char *const objects_of_names[] = {
        "000161 003ff0000000000000 000162 05 000009 55",
        "000161 0101 000162 02000178 000163 06 000164 0d 000009",
        "000161 03 000162 05 000163 0100 000009 000164 05 000009",
        "000161 08 00000002 000162 05 000163 02000178 000009 000009",
        "000161 0a 00000002 05 02000178 000162 05 000009",
        "000161 0b 3ff0000000000000 ffc4 000162 0f 00000002 7879 000163 0c 00000001 7a 000009",
        "000161 05 000162 07 0001 000009",
        "000161 03 000162 05 000163 04 000009 000009",
        "000161 05 000162 10 000143 000009 000009",
        "000161 0e", "000161 12 00", "000161 ff 00", "0000 05", "0000 05 05", "000009",
    };
    static const char *const values[] = {
        "02000161 05 01ff 06 0d 003ff0000000000000",
        "0b 3ff0000000000000 fff0 0f 00000002 6161 0c 00000001 62 0100",
        "03 000161 05 000009 05", "08 00000000 000161 05 000009", "0a 00000000 05", "02 0000 0c 00000000 0f 00000000",
        "000009 05", "04", "07 0001", "09", "0e", "10",
    };
    static const char *const amf3[] = {
        "0a 33 03 43 03 61 03 62 03 63 04 05 04 ffffff00 04 80808000 01", "0a 07 03 43 04 05", "0a 03 01", "0a 00", "0a 01",
        "0a 33 03 43 03 61 03 62 03 63 06 0378 06 00 08 013ff0000000000000",
        /* The reference appends one more property behind dynamic members. */
        "0a 0b 01 03 61 04 05 01", "0a 0b 01 03 61 02 03 62 03 03 63 00 03 64 01 03 65 053ff0000000000000 01",
        /* The reference reads the marker of a nested object twice. */
        "0a 13 01 03 61 0a 13 01 03 62 04 05",
    };
    static const char *const amf3_values[] = {"00", "01", "02", "03", "04 05", "04 ffffff00", "05 3ff0000000000000", "06 03 61",
                                              "06 02", "07 03 61", "08 01 3ff0000000000000", "0b 03 61", "09 01", "0c 01", "0d"};
    unsigned i;
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    scalars();
    for (i = 0; i < sizeof objects_of_names / sizeof *objects_of_names; i++) {
        objects(objects_of_names[i], 1);
        arrays(objects_of_names[i], 1);
        property(objects_of_names[i], 1, 0);
    }
    for (i = 0; i < sizeof values / sizeof *values; i++) {
        objects(values[i], 0);
        arrays(values[i], 0);
        property(values[i], 0, 0);
    }
    for (i = 0; i < sizeof amf3 / sizeof *amf3; i++)
        amf3_objects(amf3[i]);
    for (i = 0; i < sizeof amf3_values / sizeof *amf3_values; i++)
        property(amf3_values[i], 0, 1);
    property("03 61 04 05", 1, 1);
    property("01 04 05", 1, 1);
    depth(1);
    depth(64);
    depth(65);
    many(65536);
    many(300000);
    lookups();
    getters();
    lists();
    return 0;
}
