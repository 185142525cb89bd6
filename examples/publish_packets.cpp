// publish_packets.cpp - publishes audio and video with RTMP_SendPacket, as an encoder does.
//
// An encoder has frames, not an FLV byte stream. Here the frames come from an FLV file, whose tag bodies are what RTMP carries.
// Exit status: 0 everything was sent, 1 an error, 2 wrong usage, 130 Ctrl-C.

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <librtmp/rtmp.h>

#include "progress.h"

namespace {

struct Frame {
    std::uint8_t type;       // RTMP_PACKET_TYPE_AUDIO, _VIDEO or _INFO (the FLV tag types are the same numbers)
    std::uint32_t time;      // milliseconds
    std::vector<char> bytes; // RTMP_MAX_HEADER_SIZE bytes of headroom, then the body

    char *body() { return bytes.data() + RTMP_MAX_HEADER_SIZE; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(bytes.size() - RTMP_MAX_HEADER_SIZE); }
};

class FlvReader {
public:
    explicit FlvReader(const std::string &path) : file_(path, std::ios::binary)
    {
        char header[13];
        if (!file_)
            throw std::runtime_error("cannot open " + path + ": " + std::strerror(errno));
        if (!file_.read(header, sizeof header) || std::memcmp(header, "FLV", 3) != 0)
            throw std::runtime_error(path + " is not an FLV file");
    }

    std::optional<Frame> next()
    {
        unsigned char h[11];
        file_.read(reinterpret_cast<char *>(h), sizeof h);
        if (file_.gcount() == 0)
            return std::nullopt;
        const std::size_t size = std::size_t{h[1]} << 16 | std::size_t{h[2]} << 8 | h[3];
        Frame frame{h[0], std::uint32_t{h[7]} << 24 | std::uint32_t{h[4]} << 16 | std::uint32_t{h[5]} << 8 | h[6],
                    std::vector<char>(RTMP_MAX_HEADER_SIZE + size)};
        char previous_tag_size[4];
        if (!file_ || !file_.read(frame.body(), static_cast<std::streamsize>(size)) ||
            !file_.read(previous_tag_size, sizeof previous_tag_size))
            throw std::runtime_error("the file ends inside a tag");
        return frame;
    }

private:
    std::ifstream file_;
};

// A connection that publishes; closed when it goes out of scope.
class Publisher {
public:
    // `url` is kept: the library points into it for as long as the connection lives.
    explicit Publisher(std::string url) : url_(std::move(url)), rtmp_(RTMP_Alloc())
    {
        if (!rtmp_)
            throw std::bad_alloc();
        RTMP_Init(rtmp_.get());
        if (!RTMP_SetupURL(rtmp_.get(), url_.data()))
            throw std::runtime_error("not a usable RTMP URL");
        RTMP_EnableWrite(rtmp_.get()); // after RTMP_SetupURL, which would undo it
        if (!RTMP_Connect(rtmp_.get(), nullptr) || !RTMP_ConnectStream(rtmp_.get(), 0))
            throw std::runtime_error("cannot publish at this URL; the lines above say why");
    }

    void send(Frame &frame)
    {
        RTMPPacket packet{};
        packet.m_nChannel = 4; // one channel for all media keeps audio and video in order
        packet.m_packetType = frame.type;
        packet.m_nTimeStamp = frame.time;
        packet.m_nInfoField2 = rtmp_->m_stream_id;
        packet.m_nBodySize = frame.size();
        packet.m_body = frame.body();
        // LARGE carries the time as it is; MEDIUM the difference to the last packet, and the library shrinks it when it can.
        packet.m_headerType = first_ ? RTMP_PACKET_SIZE_LARGE : RTMP_PACKET_SIZE_MEDIUM;
        packet.m_hasAbsTimestamp = 1;
        if (!RTMP_SendPacket(rtmp_.get(), &packet, 0))
            throw std::runtime_error("the server no longer takes the stream");
        first_ = false;
    }

    // A server keeps metadata only when it comes as the command @setDataFrame.
    void send_metadata(const Frame &metadata)
    {
        static const char prefix[] = "\x02\x00\x0d@setDataFrame"; // an AMF0 string: type 2, length 13
        Frame command{metadata.type, metadata.time, std::vector<char>(RTMP_MAX_HEADER_SIZE)};
        command.bytes.insert(command.bytes.end(), prefix, prefix + sizeof prefix - 1);
        command.bytes.insert(command.bytes.end(), metadata.bytes.begin() + RTMP_MAX_HEADER_SIZE, metadata.bytes.end());
        send(command);
    }

private:
    struct Closer {
        void operator()(RTMP *rtmp) const
        {
            RTMP_Close(rtmp);
            RTMP_Free(rtmp);
        }
    };

    std::string url_;
    std::unique_ptr<RTMP, Closer> rtmp_;
    bool first_ = true;
};

int publish(const std::string &path, const std::string &url, bool fast)
{
    FlvReader reader(path);
    Publisher publisher(url);
    progress progress;
    std::optional<std::uint32_t> first;
    std::uint32_t time = 0;

    progress_start(&progress, "sent");
    const auto started = std::chrono::steady_clock::now();
    while (!interrupted) {
        std::optional<Frame> frame = reader.next();
        if (!frame)
            break;
        time = frame->time;
        first = first.value_or(time);
        if (!fast)
            std::this_thread::sleep_until(started + std::chrono::milliseconds(time - *first));
        if (frame->type == RTMP_PACKET_TYPE_INFO)
            publisher.send_metadata(*frame);
        else
            publisher.send(*frame);
        progress_add(&progress, time, frame->size());
    }
    progress_print(&progress, time, "\n");
    if (interrupted) {
        std::cerr << "publish_packets: interrupted\n";
        return 130;
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const bool fast = argc > 1 && std::strcmp(argv[1], "--fast") == 0;
    const int first = fast ? 2 : 1;

    if (argc - first != 2 || argv[first][0] == '-') {
        std::cerr << "Usage: publish_packets [--fast] FILE URL\n\n"
                     "Sends the audio and video of FILE (FLV) to the RTMP URL, in real time.\n\n"
                     "  --fast   send as fast as the server takes it\n";
        return 2;
    }
    catch_interrupt();
    try {
        return publish(argv[first], argv[first + 1], fast);
    } catch (const std::exception &error) {
        // Ctrl-C makes the call fail that it ends.
        std::cerr << "publish_packets: " << (interrupted ? "interrupted" : error.what()) << '\n';
        return interrupted ? 130 : 1;
    }
}
