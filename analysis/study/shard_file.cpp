// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/shard_file.h"

#include "io/base/sha256.h"
#include "io/base/version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

namespace expertscope {

using Json = nlohmann::ordered_json;

namespace {

constexpr char kMagic[8] = {'E', 'S', 'P', 'A', 'R', 'T', '\x1a', '\n'};
constexpr std::uint32_t kFormat = 4, kMostHeader = 1u << 24;
constexpr std::size_t kShardHashLength = 64, kHead = sizeof kMagic + 8;

/// Little-endian, whatever the machine.
template <class T> void append(std::string& bytes, T value)
{
    for (std::size_t i = 0; i < sizeof value; ++i)
        bytes += static_cast<char>(value >> (8 * i));
}

template <class T> T load(const std::string& bytes, std::size_t at)
{
    T value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        value |= T(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
    return value;
}

std::string hashOf(std::string_view bytes)
{
    return sha256Hex(std::as_bytes(std::span(bytes)));
}

/// Members of the header, with errors instead of exceptions.
class Header
{
public:
    explicit Header(const Json& json)
        : m_json(json)
    {
    }
    bool has(const char* name) const { return m_json.contains(name); }
    std::string text(const char* name)
    {
        const auto found = m_json.find(name);
        if (found != m_json.end() && found->is_string())
            return found->get<std::string>();
        m_good = false;
        return {};
    }
    std::uint32_t number(const char* name)
    {
        const auto found = m_json.find(name);
        if (found != m_json.end() && found->is_number_unsigned() && found->get<std::uint64_t>() <= UINT32_MAX)
            return found->get<std::uint32_t>();
        m_good = false;
        return 0;
    }
    std::vector<std::string> texts(const char* name)
    {
        std::vector<std::string> list;
        const auto found = m_json.find(name);
        m_good &= found != m_json.end() && found->is_array();
        for (std::size_t i = 0; m_good && i < found->size(); ++i) {
            m_good &= (*found)[i].is_string();
            if (m_good)
                list.push_back((*found)[i].get<std::string>());
        }
        return list;
    }
    bool good() const { return m_good; }

private:
    const Json& m_json;
    bool m_good = true;
};

}

FileKind shardKind()
{
    return {.name = "a part of an analysis", .recognises = [](const std::filesystem::path& path) {
                return headOf(path, sizeof kMagic) == std::string_view(kMagic, sizeof kMagic);
            }};
}

Expected<void> writeShardFile(const Output& output, const ShardFile& shard)
{
    const AnalysisOptions& options = shard.options;
    Json json{{"program", shard.program}, {"metrics", options.metrics}, {"named", shard.named ? 1u : 0u},
        {"by", options.by}, {"where", options.where}, {"sites", options.sites}, {"layers", options.layers}, {"skip_first", options.skipFirst},
        {"phase", options.phase}, {"sample", options.sample}, {"chose", options.chose}, {"spared", options.spared}, {"bootstrap", options.bootstrap}, {"part", shard.shard.index + 1}, {"parts", shard.shard.count},
        {"trace", shard.trace.string()}, {"uuid", shard.uuid}, {"fingerprint", shard.fingerprint}};
    if (!options.having.empty())
        json["having"] = options.having;
    const std::string header = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (header.size() > kMostHeader)
        return fail("options of more than 16 MiB", output.path.string());
    std::string bytes(kMagic, sizeof kMagic);
    append(bytes, kFormat);
    append(bytes, std::uint32_t(header.size()));
    bytes += header;
    append(bytes, std::uint64_t(shard.state.size()));
    bytes += shard.state;
    bytes += hashOf(bytes);
    return writeOutput(output, bytes);
}

Expected<ShardFile> readShardFile(const std::filesystem::path& path)
{
    const std::string where = path.string();
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return fail(error ? error.message() : "is no file", where);
    std::ifstream file(path, std::ios::binary);
    std::ostringstream stream;
    if (!file || !(stream << file.rdbuf()))
        return fail("cannot be read", where);
    const std::string bytes = std::move(stream).str();
    if (bytes.size() < kHead || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
        return fail("is no part of an analysis", where, "`expertscope analyze --shard` makes them");
    if (const auto format = load<std::uint32_t>(bytes, sizeof kMagic); format != kFormat)
        return fail(
            "is a part of format " + std::to_string(format) + "; this program reads " + std::to_string(kFormat), where);
    const std::uint64_t headerSize = load<std::uint32_t>(bytes, sizeof kMagic + 4);
    const std::uint64_t least = kHead + 8 + kShardHashLength;
    if (headerSize > kMostHeader || bytes.size() < least || headerSize > bytes.size() - least)
        return fail("is cut short or damaged", where);
    const std::uint64_t stateSize = load<std::uint64_t>(bytes, kHead + headerSize);
    if (stateSize != bytes.size() - least - headerSize)
        return fail("is cut short or damaged", where);
    const std::string_view all = bytes;
    if (hashOf(all.substr(0, all.size() - kShardHashLength)) != all.substr(all.size() - kShardHashLength))
        return fail("is damaged: its checksum is wrong", where);

    const Json json = Json::parse(all.substr(kHead, headerSize), nullptr, false);
    if (!json.is_object())
        return fail("has a damaged header", where);
    Header header(json);
    ShardFile shard;
    shard.program = header.text("program");
    shard.options.metrics = header.texts("metrics");
    shard.named = header.number("named") != 0;
    shard.options.by = header.text("by");
    shard.options.where = header.texts("where");
    shard.options.sites = header.text("sites");
    shard.options.layers = header.text("layers");
    shard.options.skipFirst = header.number("skip_first");
    shard.options.phase = header.text("phase");
    shard.options.sample = header.number("sample");
    shard.options.chose = header.texts("chose");
    shard.options.spared = header.texts("spared");
    if (header.has("having"))
        shard.options.having = header.texts("having");
    shard.options.bootstrap = header.number("bootstrap");
    shard.shard.index = header.number("part") - 1;
    shard.shard.count = header.number("parts");
    shard.trace = header.text("trace");
    shard.uuid = header.text("uuid");
    shard.fingerprint = header.text("fingerprint");
    if (!header.good() || shard.shard.index >= shard.shard.count || shard.shard.count > 65536)
        return fail("has a damaged header", where);
    if (shard.program != kVersion)
        return fail("was made by version " + shard.program.substr(0, 100) + ", this is " + kVersion, where,
            "merge with the program that made the parts");
    shard.state = bytes.substr(kHead + headerSize + 8, stateSize);
    return shard;
}

}
