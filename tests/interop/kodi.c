/*
 * kodi.c - as much of Kodi as its add-on inputstream.rtmp asks for: loads the add-on, opens a URL and reads it to its end.
 *
 * kodi ADDON URL FILE [KEY=VALUE...]: exit status 0 when the add-on opened the stream; FILE is what it read. KEYs are those of
 * a list item, as inputstream.rtmp.IsLive. Halfway the reading stops for PAUSE seconds (environment; 0), as when the user pauses:
 * the add-on then sends a pause from a thread of its own, and goes on with the next read.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kodi/c-api/addon_base.h>
#include <kodi/c-api/addon-instance/inputstream.h>

enum { INPUT_STREAM = 105 }; /* ADDON_INSTANCE_INPUTSTREAM, which only the C++ headers name */

static void put_log(KODI_ADDON_BACKEND_HDL kodi, int level, const char *text)
{
    (void)kodi;
    fprintf(stderr, "add-on, level %d: %s\n", level, text);
}

static void free_string(KODI_ADDON_BACKEND_HDL kodi, char *string)
{
    (void)kodi;
    free(string);
}

static void *required(void *found, const char *what)
{
    if (!found) {
        fprintf(stderr, "kodi: %s\n", what);
        exit(2);
    }
    return found;
}

/* What the list item says. */
static void set_properties(struct INPUTSTREAM_PROPERTY *properties, char **pairs)
{
    for (; *pairs; pairs++) {
        char *value = required(strchr(*pairs, '='), "KEY=VALUE");
        *value++ = 0;
        properties->m_ListItemProperties[properties->m_nCountInfoValues].m_strKey = *pairs;
        properties->m_ListItemProperties[properties->m_nCountInfoValues++].m_strValue = value;
    }
}

/* Kodi reads blocks of 32 KiB. */
static int read_all(const AddonInstance_InputStream *stream, FILE *file)
{
    static uint8_t buffer[32768];
    const char *pause = getenv("PAUSE");
    int n, count = 0;

    while ((n = stream->toAddon->read_stream(stream, buffer, sizeof buffer)) > 0) {
        fwrite(buffer, 1, (size_t)n, file);
        if (pause && ++count == 100)
            sleep((unsigned)atoi(pause));
    }
    return n;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    AddonToKodiFuncTable_Addon kodi = {.free_string = free_string, .addon_log_msg = put_log};
    KodiToAddonFuncTable_Addon addon = {0};
    AddonToKodiFuncTable_InputStream from_stream = {0};
    KodiToAddonFuncTable_InputStream to_stream = {0};
    AddonProps_InputStream nothing = {0};
    AddonInstance_InputStream stream = {&nothing, &from_stream, &to_stream};
    KODI_ADDON_INSTANCE_FUNC settings = {0};
    KODI_ADDON_INSTANCE_FUNC_CB callbacks = {0};
    KODI_ADDON_INSTANCE_INFO info = {
        .type = INPUT_STREAM, .id = "", .version = "3.2.0", .first_instance = true, .functions = &callbacks};
    KODI_ADDON_INSTANCE_STRUCT instance = {.info = &info, .functions = &settings, .inputstream = &stream};
    AddonGlobalInterface interface = {.firstKodiInstance = &instance, .toKodi = &kodi, .toAddon = &addon};
    struct INPUTSTREAM_PROPERTY properties = {.m_strURL = argv[2], .m_mimeType = "", .m_libFolder = "", .m_profileFolder = ""};
    set_properties(&properties, argv + 4);

    void *library = required(dlopen(argv[1], RTLD_NOW | RTLD_LOCAL), "the add-on does not load");
    ADDON_STATUS (*create)(KODI_HANDLE) = required(dlsym(library, "ADDON_Create"), "no ADDON_Create");
    if (create(&interface) != ADDON_STATUS_OK || addon.create_instance(interface.addonBase, &instance) != ADDON_STATUS_OK) {
        fprintf(stderr, "kodi: the add-on does not start\n");
        return 2;
    }
    FILE *file = required(fopen(argv[3], "wb"), "FILE cannot be written");
    bool opened = to_stream.open(&stream, &properties);
    int end = opened ? read_all(&stream, file) : -1;
    printf("opened: %d, the last read: %d\n", opened, end);
    to_stream.close(&stream);
    addon.destroy_instance(interface.addonBase, &instance);
    addon.destroy(interface.addonBase);
    fclose(file);
    return !opened;
}
