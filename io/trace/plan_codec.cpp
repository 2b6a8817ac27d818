// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/plan_codec.h"

#include "io/trace/trace_schema.h"

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <random>
#include <set>

namespace expertscope {

namespace {

class Encoder
{
public:
    explicit Encoder(const ByteSink& sink)
        : m_sink(sink)
    {
    }
    template <class T> void number(T value) { m_sink(std::as_bytes(std::span(&value, 1))); }
    template <class T> void values(const T& all) { m_sink(std::as_bytes(std::span(all))); }
    void text(const std::string& value)
    {
        number(static_cast<std::uint32_t>(value.size()));
        values(value);
    }
    void texts(const std::map<std::string, std::string>& values)
    {
        number(static_cast<std::uint32_t>(values.size()));
        for (const auto& [key, value] : values) {
            text(key);
            text(value);
        }
    }

private:
    const ByteSink& m_sink;
};

/// Reads what Encoder wrote; after the first thing that is not there everything is zero and `good` false.
class Decoder
{
public:
    explicit Decoder(std::span<const std::byte> bytes)
        : m_bytes(bytes)
    {
    }
    bool good() const { return m_good; }
    bool atEnd() const { return m_good && m_bytes.empty(); }

    template <class T> T number()
    {
        T value{};
        if (take(sizeof value))
            std::memcpy(&value, m_taken, sizeof value);
        return value;
    }
    std::string text()
    {
        const auto size = number<std::uint32_t>();
        return take(size) ? std::string(reinterpret_cast<const char*>(m_taken), size) : std::string();
    }
    std::map<std::string, std::string> texts()
    {
        std::map<std::string, std::string> values;
        const auto count = number<std::uint32_t>();
        for (std::uint32_t i = 0; i < count && m_good; ++i) {
            auto key = text();
            values[std::move(key)] = text();
        }
        return values;
    }
    std::vector<std::int32_t> integers()
    {
        const auto count = number<std::uint32_t>();
        std::vector<std::int32_t> values;
        if (take(std::size_t(count) * 4)) {
            values.resize(count);
            if (count > 0)
                std::memcpy(values.data(), m_taken, std::size_t(count) * 4);
        }
        return values;
    }

private:
    bool take(std::size_t size)
    {
        m_good = m_good && size <= m_bytes.size();
        if (!m_good)
            return false;
        m_taken = m_bytes.data();
        m_bytes = m_bytes.subspan(size);
        return true;
    }
    std::span<const std::byte> m_bytes;
    const std::byte* m_taken = nullptr;
    bool m_good = true;
};

void encodeSites(Encoder& out, const TracePlan& plan)
{
    out.number(static_cast<std::uint32_t>(plan.sites.size()));
    for (const auto& site : plan.sites) {
        out.number(site.layer);
        out.number(static_cast<std::uint8_t>(site.kind));
        out.number(site.numExperts);
        out.number(site.topK);
        out.number(site.numShared);
        out.number(static_cast<std::uint8_t>(site.score));
        out.number(static_cast<std::uint8_t>(site.renormalisation));
        out.number(site.scaling);
    }
}

void encodeSequences(Encoder& out, const TracePlan& plan)
{
    out.number(static_cast<std::uint32_t>(plan.sequences.size()));
    for (const auto& sequence : plan.sequences) {
        out.text(sequence.name);
        out.text(sequence.source);
        out.texts(sequence.labels);
        out.number(sequence.promptLength);
        out.number(static_cast<std::uint32_t>(sequence.tokenIds.size()));
        out.values(sequence.tokenIds);
    }
}

void encodeColumns(Encoder& out, const TracePlan& plan)
{
    const auto& c = plan.columns;
    out.number(static_cast<std::uint8_t>(c.weights | c.entropy << 1 | c.margin << 2 | c.logits << 3 | c.loss << 4
        | c.predictedIds << 5));
}

void encodeModel(Encoder& out, const Provenance& p)
{
    out.text(p.modelType);
    out.text(p.architecture);
    out.number(p.numHiddenLayers);
    out.number(p.hiddenSize);
    out.text(p.configJson);
}

/// FNV-1a 64 of what `encode` encodes, 16 hexadecimal digits.
template <class Encode> std::string digest(const Encode& encode)
{
    std::uint64_t hash = 0xcbf29ce484222325ull;
    const ByteSink sink = [&hash](std::span<const std::byte> bytes) {
        for (const auto b : bytes) {
            hash ^= static_cast<std::uint8_t>(b);
            hash *= 0x100000001b3ull;
        }
    };
    Encoder out(sink);
    encode(out);
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

}

bool decidesRouting(const std::string& attribute)
{
    static const std::set<std::string> kOfTheRun{"command_line", "threads", "host", "batch_tokens"};
    return !kOfTheRun.contains(attribute) && !attribute.starts_with("run_");
}

void encodePlan(const PlanRecord& record, const ByteSink& sink)
{
    Encoder out(sink);
    out.text(record.uuid);
    out.text(record.created);
    encodeSites(out, record.plan);
    encodeColumns(out, record.plan);
    encodeSequences(out, record.plan);
    out.number(static_cast<std::uint32_t>(record.plan.vocabulary.size()));
    for (const auto& [id, piece] : record.plan.vocabulary) {
        out.number(id);
        out.text(piece);
    }
    out.text(record.plan.provenance.modelId);
    encodeModel(out, record.plan.provenance);
    out.texts(record.plan.provenance.attributes);
}

Expected<PlanRecord> decodePlan(std::span<const std::byte> bytes, const std::string& where)
{
    Decoder in(bytes);
    PlanRecord record;
    auto& plan = record.plan;
    record.uuid = in.text();
    record.created = in.text();
    const auto numSites = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < numSites && in.good(); ++i) {
        Site site;
        site.layer = in.number<std::uint16_t>();
        site.kind = static_cast<SiteKind>(in.number<std::uint8_t>());
        site.numExperts = in.number<std::uint16_t>();
        site.topK = in.number<std::uint16_t>();
        site.numShared = in.number<std::uint16_t>();
        site.score = static_cast<ScoreFunction>(in.number<std::uint8_t>());
        site.renormalisation = static_cast<Renormalisation>(in.number<std::uint8_t>());
        site.scaling = in.number<float>();
        plan.sites.push_back(site);
    }
    const auto bits = in.number<std::uint8_t>();
    plan.columns = {.weights = (bits & 1) != 0,
        .entropy = (bits & 2) != 0,
        .margin = (bits & 4) != 0,
        .logits = (bits & 8) != 0,
        .tokenIds = true,
        .predictedIds = (bits & 32) != 0,
        .loss = (bits & 16) != 0};
    const auto numSequences = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < numSequences && in.good(); ++i) {
        PlannedSequence sequence;
        sequence.name = in.text();
        sequence.source = in.text();
        sequence.labels = in.texts();
        sequence.promptLength = in.number<std::uint32_t>();
        sequence.tokenIds = in.integers();
        plan.sequences.push_back(std::move(sequence));
    }
    const auto numPieces = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < numPieces && in.good(); ++i) {
        const auto id = in.number<std::int32_t>();
        plan.vocabulary[id] = in.text();
    }
    auto& p = plan.provenance;
    p.modelId = in.text();
    p.modelType = in.text();
    p.architecture = in.text();
    p.numHiddenLayers = in.number<std::uint32_t>();
    p.hiddenSize = in.number<std::uint32_t>();
    p.configJson = in.text();
    p.attributes = in.texts();
    if (!in.atEnd())
        return fail("the plan record is damaged", where);
    ES_TRY(checkPlan(plan, where));
    return record;
}

TracePlan cleaned(TracePlan plan)
{
    for (auto& sequence : plan.sequences) {
        sequence.name = cleanText(sequence.name);
        sequence.source = cleanText(sequence.source);
        std::map<std::string, std::string> labels;
        for (const auto& [key, value] : sequence.labels)
            labels[cleanText(key)] = cleanText(value);
        sequence.labels = std::move(labels);
    }
    auto& p = plan.provenance;
    for (auto* text : {&p.modelId, &p.modelType, &p.architecture, &p.configJson})
        *text = cleanText(*text);
    std::map<std::string, std::string> attributes;
    for (const auto& [key, value] : p.attributes)
        attributes[cleanText(key)] = cleanText(value);
    p.attributes = std::move(attributes);
    return plan;
}

PlanRecord newRecord(TracePlan plan)
{
    PlanRecord record;
    record.plan = std::move(plan);
    plan = {};
    std::random_device random;
    std::array<std::uint8_t, 16> id{};
    for (auto& byte : id)
        byte = static_cast<std::uint8_t>(random());
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x40);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
    for (std::size_t i = 0; i < id.size(); ++i) {
        char hex[4];
        std::snprintf(hex, sizeof hex, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", unsigned(id[i]));
        record.uuid += hex;
    }
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    record.created = text;
    return record;
}

std::string PlanFingerprint::difference(const PlanFingerprint& other) const
{
    if (sequences != other.sequences)
        return "the prompts differ";
    if (model != other.model)
        return "the model or the way it is run (dtype, device, …) differs";
    if (sites != other.sites)
        return "the sites differ";
    if (columns != other.columns)
        return "the recorded columns differ";
    return {};
}

PlanFingerprint fingerprint(const TracePlan& plan)
{
    PlanFingerprint f;
    f.sites = digest([&](Encoder& out) { encodeSites(out, plan); });
    f.sequences = digest([&](Encoder& out) { encodeSequences(out, plan); });
    f.columns = digest([&](Encoder& out) { encodeColumns(out, plan); });
    f.model = digest([&](Encoder& out) {
        encodeModel(out, plan.provenance);
        for (const auto& [key, value] : plan.provenance.attributes) {
            if (decidesRouting(key)) {
                out.text(key);
                out.text(value);
            }
        }
    });
    return f;
}

}
