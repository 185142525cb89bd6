/* The four AMFProp_Set functions that the original's header declares and its library lacks: what they set is what is
 * read, encoded and decoded again. */
#include "ours.h"

int main(void)
{
    AMFObject inner = {0, NULL}, object = {0, NULL}, decoded = {0, NULL};
    AMFObjectProperty p;
    AVal name = AVC("name"), text = AVC("some text"), got;
    char bytes[256];
    memset(&p, 0x5a, sizeof p);
    AMFProp_SetName(&p, &name);
    AMFProp_SetNumber(&p, -2.5);
    check(p.p_type == AMF_NUMBER && AMFProp_GetNumber(&p) == -2.5, "a number");
    AMF_AddProp(&object, &p);
    AMFProp_SetBoolean(&p, 7);
    check(p.p_type == AMF_BOOLEAN && AMFProp_GetBoolean(&p) == 1, "a boolean that is true");
    AMF_AddProp(&object, &p);
    AMFProp_SetBoolean(&p, 0);
    check(p.p_type == AMF_BOOLEAN && AMFProp_GetBoolean(&p) == 0, "a boolean that is false");
    AMFProp_SetString(&p, &text);
    AMFProp_GetString(&p, &got);
    check(p.p_type == AMF_STRING && got.av_val == text.av_val && got.av_len == text.av_len, "a text, not copied");
    AMF_AddProp(&inner, &p);
    AMFProp_SetObject(&p, &inner);
    check(p.p_type == AMF_OBJECT && p.p_vu.p_object.o_props == inner.o_props, "an object");
    AMF_AddProp(&object, &p);
    char *end = AMF_Encode(&object, bytes, bytes + sizeof bytes);
    check(end && AMF_Decode(&decoded, bytes + 1, (int)(end - bytes - 1), TRUE) == end - bytes - 1, "encoded and decoded");
    check(decoded.o_num == 3 && AMFProp_GetNumber(AMF_GetProp(&decoded, NULL, 0)) == -2.5 &&
              AMFProp_GetBoolean(AMF_GetProp(&decoded, NULL, 1)) == 1,
          "number and boolean are there");
    AMFObject within;
    AMFProp_GetObject(AMF_GetProp(&decoded, NULL, 2), &within);
    AMFProp_GetString(AMF_GetProp(&within, &name, -1), &got);
    check(AVMATCH(&got, &text), "the text within the object is there");
    AMFProp_SetString(&p, NULL);
    AMFProp_SetObject(&p, NULL);
    check(p.p_type == AMF_OBJECT && p.p_vu.p_object.o_props == inner.o_props, "null pointers change nothing");
    AMF_Reset(&decoded);
    AMF_Reset(&object);
    return 0;
}
