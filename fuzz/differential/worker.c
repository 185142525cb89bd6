/*
 * Does what it reads on standard input with the librtmp that it finds, and prints what came of it: the same program runs
 * over the reference's library and over ours.
 *
 * A request is an operation (1 byte), a choice (1 byte), a length (2 bytes, big-endian) and so many bytes. An answer is a
 * length (4 bytes, big-endian) and so many bytes of text. The request's bytes stand right before memory that may not be
 * touched, but for a NUL behind texts: a library that reads beyond them is caught, and the answer is "overrun".
 */
#include <librtmp/amf.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

extern int AMF3ReadInteger(const char *data, int32_t *value);
extern int AMF3ReadString(const char *data, AVal *text);

/* Seconds of computing that one request may take: who needs more does not come back. */
enum { PAGE = 4096, ROOM = 16 * PAGE, ANSWER = 1 << 20, PATIENCE = 1 };

static char answer[ANSWER];
static size_t answered;
static sigjmp_buf before;
static char *area, *input;
static int input_length;
/* Only what dumps print is compared: the words of errors are ours. */
static int listening;

static void say(const char *format, ...) {
    va_list arguments;
    int n;
    va_start(arguments, format);
    n = vsnprintf(answer + answered, sizeof answer - answered, format, arguments);
    va_end(arguments);
    if (n > 0)
        answered += (size_t)n < sizeof answer - answered ? (size_t)n : sizeof answer - answered - 1;
}

static void log_line(int level, const char *format, va_list arguments) {
    char line[4096];
    if (!listening)
        return;
    vsnprintf(line, sizeof line, format, arguments);
    say("%d |%s|\n", level, line);
}

static void overrun(int signal_number) {
    (void)signal_number;
    siglongjmp(before, 1);
}

/* A text by its place in the input, one from elsewhere in hexadecimal; an empty one's address means nothing. */
static void say_text(const AVal *text) {
    int i;
    if (text->av_len <= 0)
        say("[%d]", text->av_len);
    else if (text->av_val >= input && text->av_val <= input + input_length)
        say("[%ld+%d]", (long)(text->av_val - input), text->av_len);
    else {
        say("[");
        for (i = 0; i < text->av_len; i++)
            say("%02x", (unsigned char)text->av_val[i]);
        say("]");
    }
}

static void say_object(const AMFObject *object);

static void say_property(const AMFObjectProperty *property) {
    say_text(&property->p_name);
    say(":%d", (int)property->p_type);
    switch (property->p_type) {
    case AMF_NUMBER:
    case AMF_BOOLEAN:
        say("=%.17g", property->p_vu.p_number);
        break;
    case AMF_DATE:
        say("=%.17g,%d", property->p_vu.p_number, property->p_UTCoffset);
        break;
    case AMF_STRING:
    case AMF_XML_DOC:
        say("=");
        say_text(&property->p_vu.p_aval);
        break;
    case AMF_OBJECT:
    case AMF_ECMA_ARRAY:
    case AMF_STRICT_ARRAY:
        say_object(&property->p_vu.p_object);
        break;
    default:
        break;
    }
}

static void say_object(const AMFObject *object) {
    int i;
    say("{");
    for (i = 0; i < object->o_num; i++) {
        say(" ");
        say_property(&object->o_props[i]);
    }
    say("}");
}

static void say_bytes(const char *data, const char *end) {
    if (end == NULL) {
        say("null\n");
        return;
    }
    while (data < end)
        say("%02x", (unsigned char)*data++);
    say("\n");
}

static void dump(AMFObject *object) {
    listening = 1;
    AMF_Dump(object);
    listening = 0;
}

static void encode(AMFObject *object, int choice) {
    static char out[4 * ROOM];
    char *end = out + (choice & 0x40 ? (size_t)(choice & 0x3f) * 8 : sizeof out);
    say_bytes(out, AMF_Encode(object, out, end));
    say_bytes(out, AMF_EncodeEcmaArray(object, out, end));
    say_bytes(out, AMF_EncodeArray(object, out, end));
}

static void amf(int choice, int amf3) {
    AMFObject object = {0, NULL};
    int named = choice & 1, used;
    used = amf3 ? AMF3_Decode(&object, input, input_length, named) : AMF_Decode(&object, input, input_length, named);
    say("decoded %d ", used);
    say_object(&object);
    say("\n");
    if (used >= 0) {
        dump(&object);
        encode(&object, choice);
    }
    AMF_Reset(&object);
}

static void property(int choice, int amf3) {
    AMFObjectProperty property;
    int used, named = choice & 1;
    memset(&property, 0, sizeof property);
    property.p_type = AMF_INVALID;
    used = amf3 ? AMF3Prop_Decode(&property, input, input_length, named)
                : AMFProp_Decode(&property, input, input_length, named);
    say("decoded %d ", used);
    if (used >= 0) {
        say_property(&property);
        listening = 1;
        AMFProp_Dump(&property);
        listening = 0;
    }
    AMFProp_Reset(&property);
}

static void array(int choice) {
    AMFObject object = {0, NULL};
    int used = AMF_DecodeArray(&object, input, input_length, choice >> 1, choice & 1);
    say("decoded %d ", used);
    say_object(&object);
    AMF_Reset(&object);
}

static void scalars(void) {
    AVal text = {0, 0};
    int32_t integer = 0;
    if (input_length < 8)
        return;
    say("%u %u %u %d %.17g\n", AMF_DecodeInt16(input), AMF_DecodeInt24(input), AMF_DecodeInt32(input), AMF_DecodeBoolean(input),
        AMF_DecodeNumber(input));
    say("%d ", AMF3ReadInteger(input, &integer));
    say("%d\n", (int)integer);
    say("%d ", AMF3ReadString(input, &text));
    say_text(&text);
}

static void url(void) {
    int protocol = 0, result;
    unsigned port = 0;
    AVal host = {0, 0}, playpath = {0, 0}, app = {0, 0};
    result = RTMP_ParseURL(input, &protocol, &host, &port, &playpath, &app);
    say("%d", result);
    if (!result)
        return;
    say(" protocol %d port %u host ", protocol, port);
    say_text(&host);
    say(" app ");
    say_text(&app);
    say(" playpath ");
    say_text(&playpath);
    free(playpath.av_val);
}

static void playpath(void) {
    AVal in, out = {0, 0};
    in.av_val = input;
    in.av_len = input_length;
    RTMP_ParsePlaypath(&in, &out);
    say_text(&out);
    free(out.av_val);
}

static uint32_t number(int at) {
    uint32_t value = 0;
    int i;
    for (i = at; i < at + 4 && i < input_length; i++)
        value = value << 8 | (unsigned char)input[i];
    return value;
}

/* The first bytes are the header's fields, the rest is the body. */
static void packet(int choice) {
    enum { HEAD = 20 };
    RTMPPacket packet;
    memset(&packet, 0, sizeof packet);
    packet.m_headerType = choice & 3;
    packet.m_packetType = (uint8_t)choice;
    packet.m_hasAbsTimestamp = (uint8_t)(choice >> 6);
    packet.m_nChannel = (int)number(0);
    packet.m_nTimeStamp = number(4);
    packet.m_nInfoField2 = (int32_t)number(8);
    packet.m_nBytesRead = number(12);
    packet.m_nBodySize = number(16);
    packet.m_body = input_length > HEAD ? input + HEAD : NULL;
    RTMPPacket_Dump(&packet);
}

/* The input is a text, or a number's bytes; the room is as the choice says, up to its last byte. */
static void encoders(int choice) {
    char *out = area + PAGE, *end = out + choice;
    AVal name = {(char *)"name", 4}, text;
    double real;
    uint64_t bits = (uint64_t)number(0) << 32 | number(4);
    memcpy(&real, &bits, sizeof real);
    text.av_val = input;
    text.av_len = input_length;
    say_bytes(out, AMF_EncodeString(out, end, &text));
    say_bytes(out, AMF_EncodeNumber(out, end, real));
    say_bytes(out, AMF_EncodeBoolean(out, end, choice & 1));
    say_bytes(out, AMF_EncodeInt16(out, end, (short)number(0)));
    say_bytes(out, AMF_EncodeInt24(out, end, (int)number(0)));
    say_bytes(out, AMF_EncodeInt32(out, end, (int)number(0)));
    say_bytes(out, AMF_EncodeNamedString(out, end, &name, &text));
    say_bytes(out, AMF_EncodeNamedString(out, end, &text, &name));
    say_bytes(out, AMF_EncodeNamedNumber(out, end, &text, real));
    say_bytes(out, AMF_EncodeNamedBoolean(out, end, &text, choice & 1));
}

static void run(int operation, int choice) {
    listening = operation >= 8 && operation <= 10;
    switch (operation) {
    case 0: amf(choice, 0); break;
    case 1: amf(choice, 1); break;
    case 2: property(choice, 0); break;
    case 3: property(choice, 1); break;
    case 4: array(choice); break;
    case 5: scalars(); break;
    case 6: url(); break;
    case 7: playpath(); break;
    case 8: RTMP_LogHex(RTMP_LOGDEBUG, (uint8_t *)input, (unsigned long)input_length); break;
    case 9: RTMP_LogHexString(RTMP_LOGDEBUG, (uint8_t *)input, (unsigned long)input_length); break;
    case 10: packet(choice); break;
    default: encoders(choice); break;
    }
}

/* SIGPROF ends the process then. */
static void limit_time(int seconds) {
    struct itimerval time;
    memset(&time, 0, sizeof time);
    time.it_value.tv_sec = seconds;
    setitimer(ITIMER_PROF, &time, NULL);
}

static int receive(void *to, size_t size) {
    char *place = to;
    while (size > 0) {
        ssize_t n = read(0, place, size);
        if (n <= 0)
            return 0;
        place += n;
        size -= (size_t)n;
    }
    return 1;
}

static void reply(void) {
    unsigned char head[4];
    size_t sent = 0;
    head[0] = (unsigned char)(answered >> 24);
    head[1] = (unsigned char)(answered >> 16);
    head[2] = (unsigned char)(answered >> 8);
    head[3] = (unsigned char)answered;
    if (write(1, head, sizeof head) != sizeof head)
        _exit(0);
    while (sent < answered) {
        ssize_t n = write(1, answer + sent, answered - sent);
        if (n <= 0)
            _exit(0);
        sent += (size_t)n;
    }
}

int main(void) {
    static char other_stack[1 << 16];
    struct sigaction action;
    stack_t stack;
    unsigned char head[4];
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = other_stack;
    stack.ss_size = sizeof other_stack;
    sigaltstack(&stack, NULL);
    memset(&action, 0, sizeof action);
    action.sa_handler = overrun;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    area = mmap(NULL, ROOM + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED || mprotect(area + PAGE, ROOM, PROT_READ | PROT_WRITE) != 0)
        return 1;
    RTMP_LogSetCallback(log_line);
    RTMP_LogSetLevel(RTMP_LOGALL);
    while (receive(head, sizeof head)) {
        int is_text = head[0] == 6 || head[0] == 7;
        input_length = head[2] << 8 | head[3];
        if (input_length + is_text > ROOM)
            return 1;
        input = area + PAGE + ROOM - input_length - is_text;
        /* The reference's look before the beginning finds nothing of an earlier request. */
        memset(area + PAGE, 0, ROOM);
        if (!receive(input, (size_t)input_length))
            return 1;
        if (is_text)
            input[input_length] = '\0';
        answered = 0;
        limit_time(PATIENCE);
        if (sigsetjmp(before, 1) == 0) {
            run(head[0], head[1]);
        } else {
            answered = 0;
            say("overrun");
        }
        limit_time(0);
        reply();
    }
    return 0;
}
