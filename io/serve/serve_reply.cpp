// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/serve/serve_reply.h"

#include "io/base/json.h"
#include "io/serve/json_line.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr JsonLimits kReplyLimits{kServeReplyBytes, kServeValues * 2, 8};

Expected<const JsonValue*> need(const JsonValue& object, const char* key)
{
    if (const JsonValue* value = object.find(key))
        return value;
    return fail(std::string("has no field '") + key + "'", "answer");
}

template <class Number> Expected<Number> integer(const JsonValue& value, const char* key)
{
    const auto* number = std::get_if<std::uint64_t>(&value.data);
    if (!number || !std::in_range<Number>(*number))
        return fail("is no number that fits", std::string("answer: ") + key);
    return static_cast<Number>(*number);
}

template <class Number> Expected<Number> number(const JsonValue& object, const char* key)
{
    ES_ASSIGN(const JsonValue* value, need(object, key));
    return integer<Number>(*value, key);
}

Expected<float> real(const JsonValue& value, const char* key)
{
    if (value.isNull())
        return std::numeric_limits<float>::quiet_NaN();
    if (const auto* natural = std::get_if<std::uint64_t>(&value.data))
        return static_cast<float>(*natural);
    if (const auto* whole = std::get_if<std::int64_t>(&value.data))
        return static_cast<float>(*whole);
    const auto* number = std::get_if<JsonReal>(&value.data);
    float result = 0;
    if (number) {
        // from its digits: by way of a double it would be rounded twice
        const char* const end = number->text.data() + number->text.size();
        if (const auto read = std::from_chars(number->text.data(), end, result); read.ec == std::errc() && read.ptr == end)
            return result;
    }
    return fail("is no number that fits", std::string("answer: ") + key);
}

Expected<std::uint16_t> expert(const JsonValue& value, const char* key)
{
    if (value.isNull())
        return kNoExpert;
    return integer<std::uint16_t>(value, key);
}

template <class T, class Read>
Expected<std::vector<T>> list(const JsonValue& object, const char* key, std::optional<std::size_t> length, const Read& read)
{
    ES_ASSIGN(const JsonValue* value, need(object, key));
    const auto* entries = value->array();
    if (!entries)
        return fail(std::string("is ") + value->kind() + ", no list", std::string("answer: ") + key);
    if (length && entries->size() != *length)
        return fail("has " + std::to_string(entries->size()) + " entries instead of " + std::to_string(*length),
            std::string("answer: ") + key);
    std::vector<T> result;
    result.reserve(entries->size());
    for (const JsonValue& entry : *entries) {
        ES_ASSIGN(T one, read(entry, key));
        result.push_back(std::move(one));
    }
    return result;
}

Expected<std::string> textOf(const JsonValue& value, const char* key)
{
    if (const auto* text = value.string())
        return *text;
    return fail(std::string("is ") + value.kind() + ", no text", std::string("answer: ") + key);
}

Expected<std::string> text(const JsonValue& object, const char* key)
{
    ES_ASSIGN(const JsonValue* value, need(object, key));
    return textOf(*value, key);
}

Expected<double> seconds(const JsonValue& object, const char* key)
{
    ES_ASSIGN(const JsonValue* value, need(object, key));
    ES_ASSIGN(const float number, real(*value, key));
    return number;
}

int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Expected<std::string> bytesOf(const std::string& hex)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        const int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0)
            return fail("is no text of hexadecimal digits", "answer: bytes");
        bytes += static_cast<char>(high * 16 + low);
    }
    if (hex.size() % 2 != 0)
        return fail("has half a byte", "answer: bytes");
    return bytes;
}

Expected<ServeReply> capabilities(const JsonValue& value)
{
    ServeCapabilities c;
    ES_ASSIGN(c.version, number<int>(value, "version"));
    if (c.version != kServeVersion)
        return fail("speaks version " + std::to_string(c.version) + " of the protocol, this program version "
                + std::to_string(kServeVersion),
            "expertscope-capture --serve", "install both from one release");
    ES_ASSIGN(c.program, text(value, "program"));
    ES_ASSIGN(c.model, text(value, "model"));
    ES_ASSIGN(c.modelType, text(value, "model_type"));
    ES_ASSIGN(c.device, text(value, "device"));
    ES_ASSIGN(c.dtype, text(value, "dtype"));
    ES_ASSIGN(const JsonValue* tokenizer, need(value, "text"));
    if (!tokenizer->boolean())
        return fail("is neither true nor false", "answer: text");
    c.text = *tokenizer->boolean();
    ES_ASSIGN(c.numSlots, number<std::uint16_t>(value, "slots"));
    ES_ASSIGN(c.layers, list<std::uint16_t>(value, "layers", {}, integer<std::uint16_t>));
    ES_ASSIGN(c.experts, list<std::uint16_t>(value, "experts", c.layers.size(), integer<std::uint16_t>));
    ES_ASSIGN(c.topK, list<std::uint16_t>(value, "top_k", c.layers.size(), integer<std::uint16_t>));
    ES_ASSIGN(c.requests, list<std::string>(value, "requests", {}, textOf));
    ES_ASSIGN(c.options, list<std::string>(value, "options", {}, textOf));
    ES_ASSIGN(c.loadSeconds, seconds(value, "load_seconds"));
    return c;
}

Expected<ServedSite> site(const JsonValue& value, std::size_t tokens, std::size_t slots)
{
    ServedSite s;
    ES_ASSIGN(s.numExperts, number<std::uint16_t>(value, "num_experts"));
    ES_ASSIGN(s.expertIds, list<std::uint16_t>(value, "experts", tokens * slots, expert));
    for (const std::uint16_t id : s.expertIds) {
        if (id != kNoExpert && id >= s.numExperts)
            return fail("there is no expert " + std::to_string(id) + " of " + std::to_string(s.numExperts), "answer: experts");
    }
    ES_ASSIGN(s.weights, list<float>(value, "weights", tokens * slots, real));
    ES_ASSIGN(s.entropy, list<float>(value, "entropy", tokens, real));
    ES_ASSIGN(s.margin, list<float>(value, "margin", tokens, real));
    if (value.find("logits")) {
        ES_ASSIGN(s.logits, list<float>(value, "logits", tokens * s.numExperts, real));
    }
    return s;
}

Expected<ServeReply> routing(const JsonValue& value, std::uint64_t id)
{
    ServedRouting r;
    r.id = id;
    ES_ASSIGN(r.tokenIds, list<std::int32_t>(value, "token_ids", {}, integer<std::int32_t>));
    ES_ASSIGN(const std::string hex, text(value, "bytes"));
    ES_ASSIGN(r.bytes, bytesOf(hex));
    ES_ASSIGN(r.offsets, list<std::uint32_t>(value, "offsets", r.tokenIds.size() + 1, integer<std::uint32_t>));
    std::uint32_t last = 0;
    for (const std::uint32_t offset : r.offsets) {
        if (offset < last || offset > r.bytes.size())
            return fail("do not ascend within the bytes", "answer: offsets");
        last = offset;
    }
    ES_ASSIGN(r.numSlots, number<std::uint16_t>(value, "slots"));
    ES_ASSIGN(r.seconds, seconds(value, "seconds"));
    ES_ASSIGN(r.sites, list<ServedSite>(value, "sites", {}, [&](const JsonValue& entry, const char*) {
        return site(entry, r.tokenIds.size(), r.numSlots);
    }));
    return r;
}

Expected<ServeReply> failure(const JsonValue& value, std::optional<std::uint64_t> id)
{
    ServeFailure f{id, {}};
    ES_ASSIGN(f.error.what, text(value, "what"));
    ES_ASSIGN(f.error.where, text(value, "where"));
    ES_ASSIGN(f.error.hint, text(value, "hint"));
    return f;
}

struct Writer
{
    std::string operator()(const ServeCapabilities& c) const
    {
        return JsonLine()
            .add("event", "capabilities")
            .add("version", c.version)
            .add("program", c.program)
            .add("model", c.model)
            .add("model_type", c.modelType)
            .add("device", c.device)
            .add("dtype", c.dtype)
            .add("text", c.text)
            .add("slots", c.numSlots)
            .add("layers", c.layers)
            .add("experts", c.experts)
            .add("top_k", c.topK)
            .add("requests", c.requests)
            .add("options", c.options)
            .add("load_seconds", static_cast<float>(c.loadSeconds))
            .line();
    }

    std::string operator()(const ServedRouting& r) const
    {
        std::string sites = "[";
        for (const ServedSite& s : r.sites) {
            JsonLine line;
            line.add("num_experts", s.numExperts);
            std::string experts = "[";
            for (const std::uint16_t id : s.expertIds) {
                if (experts.size() > 1)
                    experts += ',';
                experts += id == kNoExpert ? "null" : std::to_string(id);
            }
            line.addJson("experts", experts + ']');
            line.add("weights", s.weights).add("entropy", s.entropy).add("margin", s.margin);
            if (!s.logits.empty())
                line.add("logits", s.logits);
            if (sites.size() > 1)
                sites += ',';
            sites += line.object();
        }
        return JsonLine()
            .add("event", "routing")
            .add("id", r.id)
            .add("token_ids", r.tokenIds)
            .add("bytes", hexText(r.bytes))
            .add("offsets", r.offsets)
            .add("slots", r.numSlots)
            .add("seconds", static_cast<float>(r.seconds))
            .addJson("sites", sites + ']')
            .line();
    }

    std::string operator()(const ServeFailure& f) const
    {
        JsonLine line;
        line.add("event", "error");
        if (f.id)
            line.add("id", *f.id);
        return line.add("what", f.error.what).add("where", f.error.where).add("hint", f.error.hint).line();
    }

    std::string operator()(const ServeCancelled& c) const
    {
        return JsonLine().add("event", "cancelled").add("id", c.id).line();
    }
};

}

Expected<ServeReply> parseServeReply(std::string_view line)
{
    ES_ASSIGN(const JsonValue value, parseStrictJson(line, kReplyLimits, "answer"));
    if (!value.object())
        return fail(std::string("is ") + value.kind() + ", no object", "answer");
    ES_ASSIGN(const std::string event, text(value, "event"));
    if (event == "capabilities")
        return capabilities(value);
    std::optional<std::uint64_t> id;
    if (const JsonValue* found = value.find("id")) {
        ES_ASSIGN(id, integer<std::uint64_t>(*found, "id"));
    }
    if (event == "error")
        return failure(value, id);
    if (event != "routing" && event != "cancelled")
        return fail("tells of something unknown", "answer: event");
    if (!id)
        return fail("has no id", "answer");
    if (event == "cancelled")
        return ServeCancelled{*id};
    return routing(value, *id);
}

std::string lineOf(const ServeReply& reply)
{
    return std::visit(Writer(), reply);
}

}
